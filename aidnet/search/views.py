"""The page behind the one search box."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from aidnet.db import db
from aidnet.places.models import Level
from aidnet.places.queries import levels_for
from aidnet.places.search import QUERY_MOST, search
from aidnet.policy import Permission
from aidnet.search import queries
from aidnet.web.guards import current_actor, needs

bp = Blueprint("search", __name__)


@bp.get("/search")
@needs(Permission.PLACE_READ)
def index() -> ResponseReturnValue:
    """Where a code or a word leads: straight to the one record it names, else to what it may mean.

    SECURITY: what is not there and what is another's are the same answer. Kept by tests/search/test_search.py.
    """
    actor = current_actor()
    typed = request.args.get("q", "").strip()[:QUERY_MOST]
    asked = queries.read(typed)
    found = queries.records(db(), actor, asked) if asked.is_code else []
    if len(found) == 1:
        return redirect(found[0].url)
    # "Lashio 2" may be meant as a name: only what has a hyphen is surely the beginning of a code.
    may_be_name = not asked.whole and not (asked.begun and "-" in typed)
    places = search(db(), actor, typed) if typed and may_be_name and not found else []
    return render_template(
        "search/index.html",
        typed=typed,
        is_code=asked.is_code and not places,
        records=found[: queries.MOST],
        more=len(found) > queries.MOST,
        places=places,
        fine=Level.VILLAGE in levels_for(actor),
        deliveries=actor.may(Permission.DELIVERY_READ),
    )
