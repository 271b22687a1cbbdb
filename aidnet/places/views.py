"""Pages of places: finding one, what is known around one, and the picker's answers."""

from dataclasses import dataclass

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from aidnet import disclosure
from aidnet.access import near as access_near
from aidnet.db import db
from aidnet.deliveries.words import STATES
from aidnet.i18n import current_language
from aidnet.needs import near as needs_near
from aidnet.places import around, own_views, queries, words
from aidnet.places.models import Level, Place
from aidnet.places.queries import PlacePath
from aidnet.places.search import QUERY_MOST, search
from aidnet.places.service import SITE_LEVELS
from aidnet.policy import Actor, Permission
from aidnet.responders.words import WAYS
from aidnet.web import keyset
from aidnet.web.guards import current_actor, needs
from aidnet.web.maps import Area, AreaMap, area_map
from aidnet.web.shapes import gazetteer

bp = Blueprint("places", __name__)
bp.register_blueprint(own_views.bp)

#: Options that the picker shows, and the places a search page lists.
_LISTED = 10


@bp.get("/places")
@needs(Permission.PLACE_READ)
def index() -> ResponseReturnValue:
    """Find a place by name or code, or go down from the states and regions."""
    actor = current_actor()
    q = request.args.get("q", "").strip()[:QUERY_MOST]
    return render_template(
        "places/index.html",
        q=q,
        found=search(db(), actor, q, limit=_LISTED) if q else [],
        states=[] if q else _children_of(None).rows,
        fine=Level.VILLAGE in queries.levels_for(actor),
        own_sites=actor.may(Permission.SITE_READ),
        may_name=actor.may(Permission.NETWORK_SETTINGS),
        words=words,
    )


@bp.get("/places/options")
@needs(Permission.PLACE_READ)
def options() -> ResponseReturnValue:
    """What `q` may mean, for the picker. `level` (repeated) narrows it, `sites=1` adds the viewer's own sites."""
    wanted = {Level(name) for name in request.args.getlist("level") if name in set(Level)}
    found = search(
        db(),
        current_actor(),
        request.args.get("q", ""),
        levels=wanted or None,
        sites=request.args.get("sites") == "1",
        limit=_LISTED,
    )
    return {
        "options": [
            {"code": option.code, "name": option.name, "path": option.above, "level": option.word} for option in found
        ]
    }


@bp.get("/places/<pcode>")
@needs(Permission.PLACE_READ)
def show(pcode: str) -> ResponseReturnValue:
    """What is known around a place."""
    actor = current_actor()
    path, place = queries.place_of(db(), actor, pcode)
    point = disclosure.show(actor, place)
    below = any(level.depth > path.level.depth for level in queries.levels_for(actor))
    return render_template(
        "places/show.html",
        path=path,
        point=point,
        map=_map(path, point),
        children=_children_of(path) if below else None,
        below=below,
        reached=around.reached_by(db(), actor, path),
        own=around.own_here(db(), actor, path),
        came=around.deliveries_to(db(), actor, path),
        needed=needs_near.at_place(db(), actor, path),
        in_the_way=access_near.at_place(db(), actor, path),
        most=around.MOST,
        may=_may(actor, path),
        words=words,
        ways=WAYS,
        states=STATES,
    )


def _may(actor: Actor, path: PlacePath) -> dict[str, bool]:
    return {
        "read_sites": actor.may(Permission.SITE_READ),
        "edit_sites": actor.may(Permission.SITE_WRITE),
        "add_site": actor.may(Permission.SITE_WRITE) and path.level in SITE_LEVELS,
        "read_reach": actor.may(Permission.REACH_READ),
        "read_deliveries": actor.may(Permission.DELIVERY_READ),
        "report_need": actor.may(Permission.NEED_WRITE) and path.level in SITE_LEVELS,
        "read_results": actor.may(Permission.RELEASE_READ),
    }


@dataclass(frozen=True)
class Child:
    """A place below another."""

    pcode: str
    level: Level
    name: str
    #: In the other language; None where the network gave it a name of its own.
    other_name: str | None


def _children_of(path: PlacePath | None) -> keyset.Page[Child]:
    """The places directly below one (None: the states and regions), by name."""
    first, second = (Place.name_my, Place.name_en) if current_language() == "my" else (Place.name_en, Place.name_my)
    name = sa.func.coalesce(Place.display_name, first, type_=sa.Text())
    statement = sa.select(Place.pcode, Place.level, name, sa.case((Place.display_name.is_(None), second)))
    statement = statement.where(Place.level == Level.STATE if path is None else Place.parent_id == path.place_id)
    page = keyset.page(db(), statement, name, Place.id, after=request.args.get("after"), descending=False)
    return keyset.Page([Child(*row) for row in page.rows], page.after)


def _map(path: PlacePath, point: disclosure.Shown) -> AreaMap | None:
    """The approximate area that holds the place, and its point where there is one to show. None: none is drawn."""
    area = path.step(Level.TOWNSHIP) or path.step(Level.DISTRICT) or path.step(Level.STATE)
    state = path.step(Level.STATE)
    if area is None or state is None or area.pcode not in gazetteer():
        return None
    return area_map(
        [Area(area.pcode, 2, name=area.name)],
        states=[state.pcode],
        locale=current_language(),
        pins=[(point.lat, point.lon)] if point.lat and point.lon and path.level not in (Level.STATE, Level.DISTRICT) else (),
        near=True,
    )
