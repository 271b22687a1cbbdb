"""Reads: what responders spent beyond their purses: it is owed to them, until money that arrives settles it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.disclosure import Level
from aidnet.funding.models import Fund
from aidnet.funding.queries import own_part
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.ledger.models import Account, AccountBalance, AccountKind
from aidnet.money import format_amount
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission, Role


@dataclass(frozen=True)
class Owed:
    """What is not settled yet of what a responder spent beyond its purse."""

    fund_id: int
    responder_id: int
    #: Of the fund; None: the responder's own purse.
    fund: str | None
    #: The responder's code name; None: whoever asks is of it.
    holder: str | None
    minor: int
    currency: str

    @property
    def words(self) -> str:
        """The whole sentence."""
        amount = format_amount(self.minor, self.currency, current_language())
        if self.holder is not None:
            known = {"group": self.holder, "amount": amount, "fund": self.fund or _("its own purse")}
            if self.fund is None:
                return _("%(group)s spent %(amount)s more than is in its own purse.", **known)
            return _(
                "%(group)s spent %(amount)s more than it holds of “%(fund)s”: the network owes it to the group.",
                **known,
            )
        if self.fund is None:
            return _(
                "You spent %(amount)s more than is in your own purse: it is settled when gifts come.", amount=amount
            )
        return _(
            "You spent %(amount)s more than you hold of “%(fund)s”: the network owes it to you.",
            amount=amount,
            fund=self.fund,
        )


def owed(session: Session, actor: Actor, *where: sa.ColumnElement[bool]) -> list[Owed]:
    """Purses below zero, by code name, then fund and currency. A coordinator sees the own. One statement."""
    left = AccountBalance.in_minor - AccountBalance.out_minor
    reads = {Fund: Permission.FUND_READ, Partner: Permission.RESPONDER_READ}
    statement = (
        policy.select(actor, reads, Fund, Account.responder_id, Partner.code_name, left, Account.currency)
        .select_from(Account)
        .join(Fund, Fund.id == Account.fund_id)
        .join(Partner, Partner.id == Account.responder_id)
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .where(Account.kind == AccountKind.HELD, left < 0, own_part(actor, Account.responder_id), *where)
        .order_by(Partner.code_name_key, Fund.name_key, Account.currency)
    )
    audience = disclosure.audience_of(actor, actor.responder_id)
    if any(
        disclosure.level_of(*field, audience) is not Level.FULL
        for field in (("fund", "owed"), ("account", "responder"))
    ):
        return []
    is_own = actor.role is Role.COORDINATOR
    return [
        Owed(
            fund_id=fund.id,
            responder_id=responder_id,
            fund=None if fund.responder_id else str(disclosure.show(actor, fund).name),
            holder=None if is_own else code_name,
            minor=-int(minor),
            currency=currency,
        )
        for fund, responder_id, code_name, minor, currency in session.execute(statement)
    ]


def owed_after(session: Session, actor: Actor, expense_fund: int, responder_id: int, currency: str) -> Owed | None:
    """What one purse is short of now. One statement."""
    where = (Account.fund_id == expense_fund, Account.responder_id == responder_id, Account.currency == currency)
    return next(iter(owed(session, actor, *where)), None)
