"""Reads: what waits for a second person, what became of it, and what boards tell of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.accounts.models import Invitation, User
from aidnet.accounts.queries import Announcement, announced
from aidnet.approvals.models import READ_FIRST, Act, Approval, ApprovalState, PayoutLimit
from aidnet.approvals.service import RIGHTS
from aidnet.disclosure import Shown
from aidnet.errors import NotVisible
from aidnet.funding.models import Fund
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission, Role
from aidnet.web import keyset
from aidnet.web.keyset import Page

_READ = Permission.APPROVAL_READ
#: Acts that wait are few; more than these, and the oldest come first.
_WAITING_MOST = 50
#: As many of each are told on a first page.
_TOLD_MOST = 20


@dataclass(frozen=True)
class Line:
    """An act as the actor may see it. What the matrix withholds is WITHHELD, what there is not is None."""

    approval: Shown
    fund: object
    #: Code name of the group whose money it is about.
    responder: object
    #: Whether the actor is who asked.
    own: bool
    may_decide: bool
    #: The wait is over and nobody else was there: whoever asked may do it.
    may_do_alone: bool
    may_take_back: bool
    #: Sign-in names.
    asked_by: object = None
    decided_by: object = None


@dataclass(frozen=True)
class News:
    """An act as a board tells it. `subject_code` of a payout leads to its page, for those who may open it."""

    approval: Shown
    done: bool
    #: It is about the reader's own group.
    concerns: bool


def _lines(actor: Actor) -> sa.Select[Any]:
    # An act may be about no fund and no group: who may see it may see the names of those it is about.
    reads = {Approval: _READ, Fund: _READ, Partner: _READ}
    return (
        policy.select(actor, reads, Approval, Fund.name, Partner.code_name)
        .outerjoin(Fund, Fund.id == Approval.fund_id)
        .outerjoin(Partner, Partner.id == Approval.responder_id)
    )


def _line(actor: Actor, found: Sequence[Any], names: dict[int, str]) -> Line:
    row, fund, responder = found
    asked, decided = names.get(row.asked_by_id), names.get(row.decided_by_id or 0)
    waiting, own = row.state is ApprovalState.WAITING, row.asked_by_id == actor.user_id

    #: What must be read first is decided where it stands.
    here = waiting and row.act not in READ_FIRST
    opened = row.opens_at is not None and clock.now() >= row.opens_at
    return Line(
        approval=disclosure.show(actor, row),
        fund=disclosure.field(actor, "approval", "fund", fund) if fund is not None else None,
        responder=disclosure.field(actor, "approval", "responder", responder) if responder is not None else None,
        own=own,
        may_decide=here and not own and actor.may(Permission.APPROVAL_DECIDE),
        may_do_alone=here and own and opened and actor.may(RIGHTS[row.act]),
        may_take_back=here and own,
        asked_by=disclosure.field(actor, "approval", "asked_by", asked) if asked else None,
        decided_by=disclosure.field(actor, "approval", "decided_by", decided) if decided else None,
    )


def waiting(session: Session, actor: Actor) -> list[Line]:
    """What waits, oldest first. One statement."""
    statement = _lines(actor).where(Approval.state == ApprovalState.WAITING).order_by(Approval.id).limit(_WAITING_MOST)
    return [_line(actor, found, {}) for found in session.execute(statement)]


def decided(session: Session, actor: Actor, after: str | None) -> Page[Line]:
    """A page of what was decided, newest first. One statement."""
    statement = _lines(actor).where(Approval.state != ApprovalState.WAITING)
    page = keyset.page(session, statement, Approval.id, after=after)
    return Page([_line(actor, found, {}) for found in page.rows], page.after)


def one(session: Session, actor: Actor, code: str) -> Line:
    """One act; two statements. Raises: NotVisible."""
    found = session.execute(_lines(actor).where(Approval.code == code).order_by(Approval.id)).first()
    if found is None:
        raise NotVisible
    row = found[0]
    people = [user_id for user_id in (row.asked_by_id, row.decided_by_id) if user_id]
    return _line(actor, found, _names(session, actor, people))


def _names(session: Session, actor: Actor, people: Sequence[int]) -> dict[int, str]:
    """Sign-in names, for whoever looks after accounts."""
    if not actor.may(Permission.NETWORK_SETTINGS):
        return {}
    rows = policy.select(actor, {User: Permission.ACCOUNT_READ}, User.id, User.sign_in_name)
    return {row.id: row.sign_in_name for row in session.execute(rows.where(User.id.in_(people)))}


def of_payout(session: Session, actor: Actor, code: str) -> Shown | None:
    """The newest request about a payout itself; None where one person sent it. One statement."""
    return _newest(session, actor, Permission.PAYOUT_READ, Act.PAYOUT, code)


def of_report(session: Session, actor: Actor, code: str) -> Shown | None:
    """The newest request about a report; None where none was needed. One statement."""
    return _newest(session, actor, _READ, Act.REPORT, code)


def of_public_page(session: Session, actor: Actor) -> Shown | None:
    """What waits to turn the public page on; None where nobody asked. One statement."""
    statement = policy.visible(actor, _READ, Approval).where(
        Approval.act == Act.PUBLIC_PAGE, Approval.state == ApprovalState.WAITING
    )
    row = session.scalars(statement).one_or_none()
    return None if row is None else disclosure.show(actor, row)


def _newest(session: Session, actor: Actor, permission: Permission, act: Act, code: str) -> Shown | None:
    statement = (
        policy.visible(actor, permission, Approval)
        .where(Approval.subject_code == code, Approval.act == act)
        .order_by(Approval.id.desc())
        .limit(1)
    )
    row = session.scalars(statement).first()
    return None if row is None else disclosure.show(actor, row)


def board(session: Session, actor: Actor) -> tuple[list[Announcement], list[News]]:
    """What the actor's first page tells: links that let somebody in, and acts that take two persons.

    Statements: one for both; a second only as `accounts.queries.announced` says.
    """
    decides = sa.case((policy.rule(actor, Permission.INVITATION_APPROVE, Invitation), True), else_=False)
    links = sa.select(Invitation.id.label("link_id"), sa.cast(sa.null(), sa.BigInteger).label("act_id")).where(
        policy.rule(actor, Permission.ANNOUNCEMENT_READ, Invitation)
    )
    links = links.order_by(Invitation.used_at.is_not(None), Invitation.expires_at, Invitation.id).limit(_TOLD_MOST)
    acts = sa.select(sa.cast(sa.null(), sa.BigInteger).label("link_id"), Approval.id.label("act_id")).where(
        policy.rule(actor, Permission.ANNOUNCEMENT_READ, Approval)
    )
    acts = acts.order_by(Approval.decided_at.is_not(None), Approval.id).limit(_TOLD_MOST)
    told = sa.union_all(*(sa.select(part.subquery()) for part in (links, acts))).subquery()
    statement = (
        sa.select(Invitation, decides, Approval)
        .select_from(told)
        .outerjoin(Invitation, Invitation.id == told.c.link_id)
        .outerjoin(Approval, Approval.id == told.c.act_id)
        .order_by(Invitation.used_at.is_not(None), Invitation.expires_at, Invitation.id)
        .order_by(Approval.decided_at.is_not(None), Approval.id)
    )
    rows = session.execute(policy.unscoped(statement, because="links and acts each carry their rule")).all()
    return (
        announced(session, actor, [(link, bool(may_decide)) for link, may_decide, _act in rows if link is not None]),
        [_news(actor, act) for _link, _may_decide, act in rows if act is not None],
    )


def _news(actor: Actor, row: Approval) -> News:
    # An act of the network is no group's own: to a group that it is not about, it is another's.
    shown = Shown(row, "approval", disclosure.audience_of(actor, row.responder_id or 0))
    concerns = actor.role is Role.COORDINATOR and row.responder_id == actor.responder_id
    return News(shown, row.state is not ApprovalState.WAITING, concerns)


def limits(session: Session, actor: Actor) -> list[Shown]:
    """The largest payouts that one person may send, by currency."""
    rows = session.scalars(sa.select(PayoutLimit).order_by(PayoutLimit.currency))
    return [disclosure.show(actor, row) for row in rows]
