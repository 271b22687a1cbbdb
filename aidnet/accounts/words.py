"""What roles are for and what each permission lets one do, in words: the page of roles is drawn from `policy.ROLES` with these."""

from flask_babel import LazyString

from aidnet.i18n import lazy_gettext as _l
from aidnet.policy import Permission as P
from aidnet.policy import Role

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
PERMISSION_WORDS: dict[P, LazyString] = {
    P.BOARD_READ: _l("See the board: what is open and what waits"),
    P.DELIVERY_LOG: _l("Log deliveries of the own group"),
    P.DELIVERY_REPORT: _l("Report what happened to a delivery"),
    P.DELIVERY_CORRECT: _l("Correct what was reported; the mistake stays readable"),
    P.DELIVERY_READ: _l("See deliveries of the own group (a logger: only those this person logged)"),
    P.DELIVERY_OPEN: _l("Open private notes, such as who carried a delivery; each opening is written down"),
    P.REACH_READ: _l("See where the own group works"),
    P.REACH_WRITE: _l("Say where the own group works"),
    P.RESPONDER_EDIT: _l("Change the own group's profile, and what it withholds"),
    P.RESPONDER_READ: _l("See the groups of the network under their code names"),
    P.RESPONDER_STATUS: _l("Change a group's status in the network"),
    P.SITE_READ: _l("See places the own group added"),
    P.SITE_WRITE: _l("Add places of the own group, such as a camp"),
    P.PLACE_READ: _l("Look up places, as finely as the role may see them"),
    P.GIVING_READ: _l("See the own gifts and what became of them"),
    P.FUND_READ: _l("See funds (a donor: those given to; a group: those it is paid from)"),
    P.FUND_WRITE: _l("Open and close funds"),
    P.CONTRIBUTION_READ: _l("See gifts (a donor: the own; a group: those it received itself)"),
    P.CONTRIBUTION_RECORD: _l("Record gifts to the network's funds"),
    P.GIFT_RECORD: _l("Record gifts that reach the own group directly"),
    P.PAYOUT_READ: _l("See payouts (a group: its own)"),
    P.PAYOUT_SEND: _l("Record money sent to a group"),
    P.PAYOUT_CONFIRM: _l("Confirm what arrived of a payout"),
    P.EXPENSE_READ: _l("See what was spent (a group: its own)"),
    P.EXPENSE_RECORD: _l("Record what was spent"),
    P.MONEY_REVERSE: _l("Undo a wrong record of money; both stay readable"),
    P.LEDGER_READ: _l("Read the ledger, line by line"),
    P.RELEASE_READ: _l("Read results reports (a donor: of the funds given to)"),
    P.RELEASE_WITHDRAW: _l("Take a results report back"),
    P.AUDIT_READ: _l("Read the audit chain: who did what, when"),
    P.PARTNER_READ: _l("See the list of partners"),
    P.PARTNER_MANAGE: _l("Register, change and suspend partners"),
    P.ACCOUNT_READ: _l("See accounts: state, and the day somebody was last here (a coordinator: its loggers)"),
    P.ACCOUNT_INVITE: _l("Invite people, and help those who are stuck (a coordinator: its loggers)"),
    P.ACCOUNT_SUSPEND: _l("Suspend people and end their sessions (a coordinator: its loggers)"),
    P.INVITATION_APPROVE: _l("Agree, as a second person, to links that others made"),
    P.NETWORK_SETTINGS: _l("Change the network's name and settings"),
    P.ANNOUNCEMENT_READ: _l("Be told of links that let somebody in without a second person"),
    P.ACCOUNT_OWN: _l("Change the own password and language, and end own sessions"),
}
