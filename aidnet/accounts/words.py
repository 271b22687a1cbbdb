"""What roles are for and what each permission lets one do, in words: the page of roles is drawn from `policy.ROLES` with these."""

from flask_babel import LazyString

from aidnet.i18n import lazy_gettext as _l
from aidnet.policy import Permission, Role

#: One sentence for each role. Kept whole by tests/accounts/test_roles.py, as is the table below.
ROLE_SUMMARIES: dict[Role, LazyString] = {
    Role.LOGGER: _l("Works in the field for one group, and sees only what this person logged."),
    Role.COORDINATOR: _l("Keeps the book of one group, in full. Of other groups, only what the network shares."),
    Role.DONOR: _l("Follows its own gifts: exact money, and results by district. Never a village, a road or a name."),
    Role.TREASURER: _l("Keeps the money true, for every group. No village, courier or route."),
    Role.AUDITOR: _l("Checks the ledger, the audit chain and how results were computed. No names."),
    Role.ADMIN: _l("Lets partners in and out. Sees no delivery, no money, and nobody's password."),
}

#: In the order of the page.
PERMISSION_WORDS: dict[Permission, LazyString] = {
    Permission.BOARD_READ: _l("See the board: what is open and what waits"),
    Permission.DELIVERY_LOG: _l("Log deliveries of the own group"),
    Permission.DELIVERY_REPORT: _l("Report what happened to a delivery"),
    Permission.DELIVERY_CORRECT: _l("Correct what was reported; the mistake stays readable"),
    Permission.DELIVERY_READ: _l("See deliveries of the own group (a logger: only those this person logged)"),
    Permission.DELIVERY_OPEN: _l("Open private notes, such as who carried a delivery; each opening is written down"),
    Permission.REACH_READ: _l("See where the own group works"),
    Permission.REACH_WRITE: _l("Say where the own group works"),
    Permission.RESPONDER_EDIT: _l("Change the own group's profile, and what it withholds"),
    Permission.RESPONDER_READ: _l("See the groups of the network under their code names"),
    Permission.RESPONDER_STATUS: _l("Change a group's status in the network"),
    Permission.SITE_READ: _l("See places the own group added"),
    Permission.SITE_WRITE: _l("Add places of the own group, such as a camp"),
    Permission.PLACE_READ: _l("Look up places, as finely as the role may see them"),
    Permission.GIVING_READ: _l("See the own gifts and what became of them"),
    Permission.FUND_READ: _l("See funds (a donor: those given to; a group: those it is paid from)"),
    Permission.FUND_WRITE: _l("Open and close funds"),
    Permission.CONTRIBUTION_READ: _l("See gifts (a donor: the own; a group: those it received itself)"),
    Permission.CONTRIBUTION_RECORD: _l("Record gifts to the network's funds"),
    Permission.GIFT_RECORD: _l("Record gifts that reach the own group directly"),
    Permission.PAYOUT_READ: _l("See payouts (a group: its own)"),
    Permission.PAYOUT_SEND: _l("Record money sent to a group"),
    Permission.PAYOUT_CONFIRM: _l("Confirm what arrived of a payout"),
    Permission.EXPENSE_READ: _l("See what was spent (a group: its own)"),
    Permission.EXPENSE_RECORD: _l("Record what was spent"),
    Permission.MONEY_REVERSE: _l("Undo a wrong record of money; both stay readable"),
    Permission.RECEIPT_READ: _l("Read a receipt by its code"),
    Permission.RATE_READ: _l("See the rates of exchange"),
    Permission.RATE_WRITE: _l("Type rates of exchange"),
    Permission.AGENT_READ: _l("See who carries money, by alias"),
    Permission.AGENT_WRITE: _l("Change who carries money, and how much"),
    Permission.APPROVAL_READ: _l("See acts with money that wait for a second person"),
    Permission.APPROVAL_DECIDE: _l("Agree, as a second person, to acts with money that others asked for"),
    Permission.PHOTO_OPEN: _l("Open photos of receipts"),
    Permission.STATEMENT_READ: _l("See statements of closed months"),
    Permission.STATEMENT_BUILD: _l("Close months with a statement"),
    Permission.GRANT_READ: _l("See grants and their reports"),
    Permission.GRANT_WRITE: _l("Keep grants, and write their reports"),
    Permission.GRANT_AGREE: _l("Read reports, as a second person, before they go to a donor"),
    Permission.LEDGER_READ: _l("Read the ledger, line by line"),
    Permission.RELEASE_READ: _l("Read results reports (a donor: of the funds given to)"),
    Permission.RELEASE_WITHDRAW: _l("Take a results report back"),
    Permission.AUDIT_READ: _l("Read the audit chain: who did what, when"),
    Permission.PARTNER_READ: _l("See the list of partners"),
    Permission.PARTNER_MANAGE: _l("Register, change and suspend partners"),
    Permission.ACCOUNT_READ: _l("See accounts: state, and the day somebody was last here (a coordinator: its loggers)"),
    Permission.ACCOUNT_INVITE: _l("Invite people, and help those who are stuck (a coordinator: its loggers)"),
    Permission.ACCOUNT_SUSPEND: _l("Suspend people and end their sessions (a coordinator: its loggers)"),
    Permission.INVITATION_APPROVE: _l("Agree, as a second person, to links that others made"),
    Permission.NETWORK_SETTINGS: _l("Change the network's name and settings"),
    Permission.ANNOUNCEMENT_READ: _l("Be told of links that let somebody in without a second person"),
    Permission.ACCOUNT_OWN: _l("Change the own password and language, and end own sessions"),
}
