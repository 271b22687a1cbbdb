"""What is known of responders, as each audience may know it: where they reach is made coarse in the query itself."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission


def code_names(session: Session, actor: Actor, ids: Collection[int | None]) -> dict[int, str]:
    """The code names of some responders, by id. One statement, none where there is nothing to ask.

    Whether the actor may see who is meant is the caller's to ask of `disclosure` (`payout.responder` and the like).
    """
    wanted = {found for found in ids if found}
    if not wanted:
        return {}
    rows = session.execute(
        policy.select(actor, {Partner: Permission.RESPONDER_READ}, Partner.id, Partner.code_name).where(Partner.id.in_(wanted))
    )
    return {row.id: row.code_name for row in rows}
