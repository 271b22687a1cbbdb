"""The words of the policy: what may be done, by whom."""

from dataclasses import dataclass, field
from enum import StrEnum

from flask_login import UserMixin

from aidnet.roles import ROLES_OF_KIND, PartnerKind, Role

__all__ = ["ANONYMOUS", "OPERATOR", "ROLES_OF_KIND", "Actor", "PartnerKind", "Permission", "Role"]


class Permission(StrEnum):
    """What is needed for an act; never who should have it (that is `ROLES` in rules.py)."""

    ACCOUNT_OWN = "account:own"
    ANNOUNCEMENT_READ = "announcement:read"
    ACCOUNT_READ = "account:read"
    ACCOUNT_INVITE = "account:invite"
    ACCOUNT_SUSPEND = "account:suspend"
    INVITATION_APPROVE = "invitation:approve"
    PARTNER_READ = "partner:read"
    PARTNER_MANAGE = "partner:manage"
    NETWORK_SETTINGS = "network:settings"
    PLACE_READ = "place:read"
    SITE_READ = "site:read"
    SITE_WRITE = "site:write"
    RESPONDER_READ = "responder:read"
    RESPONDER_EDIT = "responder:edit"
    RESPONDER_STATUS = "responder:status"
    #: Vouches for another group, and takes that back.
    VOUCH_WRITE = "vouch:write"
    #: Shows the group's own name to somebody, and takes that back.
    NAME_SHOW = "name:show"
    REACH_READ = "reach:read"
    REACH_WRITE = "reach:write"
    BOARD_READ = "board:read"
    DELIVERY_READ = "delivery:read"
    DELIVERY_LOG = "delivery:log"
    DELIVERY_REPORT = "delivery:report"
    DELIVERY_CORRECT = "delivery:correct"
    #: Opens private fields (courier, notes, aliases), which is written to the audit chain.
    DELIVERY_OPEN = "delivery:open"
    #: Sees who served which township lately, as coarse as the matrix says.
    SERVED_READ = "served:read"
    HANDOVER_READ = "handover:read"
    #: Says what came, as its receiver.
    HANDOVER_ANSWER = "handover:answer"
    KIT_WRITE = "kit:write"
    OLD_BOOK_LOAD = "old-book:load"
    NEED_READ = "need:read"
    NEED_WRITE = "need:write"
    #: Sees all needs of the network, as coarse as the matrix says.
    NEED_GAPS = "need:gaps"
    ACCESS_READ = "access:read"
    ACCESS_WRITE = "access:write"
    EVACUATION_READ = "evacuation:read"
    EVACUATION_WRITE = "evacuation:write"
    UPDATE_READ = "update:read"
    UPDATE_WRITE = "update:write"
    FUND_READ = "fund:read"
    FUND_WRITE = "fund:write"
    CONTRIBUTION_READ = "contribution:read"
    CONTRIBUTION_RECORD = "contribution:record"
    GIFT_RECORD = "gift:record"
    #: Opens the receipt of one gift, by its code; anybody's.
    RECEIPT_READ = "receipt:read"
    PAYOUT_READ = "payout:read"
    PAYOUT_SEND = "payout:send"
    PAYOUT_CONFIRM = "payout:confirm"
    EXPENSE_READ = "expense:read"
    EXPENSE_RECORD = "expense:record"
    MONEY_REVERSE = "money:reverse"
    LEDGER_READ = "ledger:read"
    RATE_READ = "rate:read"
    RATE_WRITE = "rate:write"
    AGENT_READ = "agent:read"
    AGENT_WRITE = "agent:write"
    #: Sees the acts with money that wait for a second person.
    APPROVAL_READ = "approval:read"
    #: Is the second person.
    APPROVAL_DECIDE = "approval:decide"
    #: Opens photos, which are private to the responder.
    PHOTO_OPEN = "photo:open"
    STATEMENT_READ = "statement:read"
    STATEMENT_BUILD = "statement:build"
    GRANT_READ = "grant:read"
    GRANT_WRITE = "grant:write"
    #: Reads a report, as a second person, before it goes out.
    GRANT_AGREE = "grant:agree"
    GIVING_READ = "giving:read"
    RELEASE_READ = "release:read"
    RELEASE_WITHDRAW = "release:withdraw"
    AUDIT_READ = "audit:read"


@dataclass(frozen=True)
class Actor(UserMixin):
    """Who acts, in one role, for one partner. An anonymous visitor has no role and no ids."""

    user_id: int | None = None
    membership_id: int | None = None
    partner_id: int | None = None
    partner_kind: PartnerKind | None = None
    role: Role | None = None
    #: The sign-in name; a pseudonym the person chose.
    name: str = ""
    #: The partner's code name.
    partner_name: str = ""
    language: str | None = None
    #: The currency the person wants figures told in too; None: the network's first.
    reporting: str | None = None
    #: The row of the session this actor came in with; None on the command line.
    session_id: int | None = None
    #: What the browser's cookie holds; the database keeps only its hash.
    session_token: str = field(default="", repr=False)
    #: On the command line: the operator of the machine, not a person with a role.
    operator: bool = False

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    @property
    def responder_id(self) -> int | None:
        """The partner, where it is a responder."""
        return self.partner_id if self.partner_kind is PartnerKind.RESPONDER else None

    @property
    def donor_id(self) -> int | None:
        """The partner, where it is a donor."""
        return self.partner_id if self.partner_kind is PartnerKind.DONOR else None

    @property
    def is_authenticated(self) -> bool:
        return self.signed_in

    @property
    def is_anonymous(self) -> bool:
        return not self.signed_in

    def get_id(self) -> str:
        return self.session_token

    def may(self, permission: Permission) -> bool:
        """Whether the role, or anybody, has the permission at all; on which rows, `visible()` says."""
        from aidnet.policy.rules import ANYBODY, ROLES

        return permission in ANYBODY or (self.role is not None and permission in ROLES[self.role])


ANONYMOUS = Actor()
#: The operator of the machine, in commands. It holds no role: commands call only services made for it.
OPERATOR = Actor(name="operator", operator=True)
