"""Where the next truck is needed most: a ranked list, a map, and the same as a file."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet.access.sections import sections
from aidnet.db import db
from aidnet.disclosure import ABOVE_ALL
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.needs import gaps as ranking
from aidnet.needs import words
from aidnet.needs.forms import GapsForm
from aidnet.needs.gaps import Gap, Wanted, region_of
from aidnet.places.models import Level, Place
from aidnet.policy import Permission
from aidnet.responders.models import Sector
from aidnet.responders.words import SECTORS
from aidnet.web.context import count
from aidnet.web.forms import options
from aidnet.web.guards import current_actor, needs
from aidnet.web.keyset import asked_again
from aidnet.web.maps import Area, AreaMap, area_map, band
from aidnet.web.pages import active_filters
from aidnet.web.shapes import gazetteer
from aidnet.web.sheets import csv_response

#: Rows of the page; the file has them all.
MOST = 30


def _asked() -> tuple[GapsForm, Wanted, dict[str, str]]:
    """The filters, what they mean, and those in force by name."""
    form = GapsForm(request.args)
    states = {row.pcode: row for row in db().scalars(sa.select(Place).where(Place.level == Level.STATE).order_by(Place.name_en))}
    named = {pcode: row.display_name or (row.name_my if current_language() == "my" else row.name_en) for pcode, row in states.items()}
    form.region.choices = options([("", _("All")), *named.items()])
    form.sector.choices = options([("", _("Any")), *SECTORS.items()])
    wanted = Wanted(
        region=states.get(form.region.data or ""),
        sector=Sector(form.sector.data) if form.sector.data in set(Sector) else None,
    )
    labels = {
        "region": named[wanted.region.pcode] if wanted.region else "",
        "sector": str(SECTORS[wanted.sector]) if wanted.sector else "",
    }
    return form, wanted, labels


@needs(Permission.NEED_GAPS)
def gaps() -> ResponseReturnValue:
    """The ranked list, and the townships of the region that leads it on a map."""
    actor = current_actor()
    form, wanted, labels = _asked()
    found = ranking.gaps(db(), actor, wanted)
    return render_template(
        "needs/gaps.html",
        sections=sections(actor, "needs.gaps"),
        form=form,
        found=found[:MOST],
        more=len(found) > MOST,
        map=_map(found),
        since=ranking.served_since(),
        weights={str(words.URGENT[urgency]): weight for urgency, weight in ranking.WEIGHTS.items()},
        not_counted=ranking.NOT_COUNTED,
        above_all=ABOVE_ALL,
        active=active_filters("needs.gaps", labels),
        csv=asked_again(url_for("needs.gaps_csv")),
        words=words,
        sectors=SECTORS,
    )


def _map(found: Sequence[Gap]) -> AreaMap | None:
    """Points by township, in the region of the first gap. None: there is none, or it has no drawing."""
    leading = next((gap for gap in found if gap.points and gap.township.pcode in gazetteer()), None)
    if leading is None:
        return None
    region, points, names = region_of(leading), defaultdict[str, int](int), {}
    for gap in found:
        if region_of(gap) == region and gap.township.pcode in gazetteer():
            points[gap.township.pcode] += gap.points
            names[gap.township.pcode] = gap.township.name
    ranked = [(pcode, total) for pcode, total in sorted(points.items(), key=lambda pair: (-pair[1], pair[0])) if total]
    levels = band([total for _pcode, total in ranked])
    areas = [
        Area(pcode, level, count(total), url_for("places.show", pcode=pcode), name=names[pcode])
        for (pcode, total), level in zip(ranked, levels, strict=True)
    ]
    legend = [(1, _("few points")), (5, _("most points"))]
    return area_map(areas, states=[region], locale=current_language(), legend=legend, near=True)


@needs(Permission.NEED_GAPS)
def gaps_csv() -> ResponseReturnValue:
    """The whole list as a file."""
    _form, wanted, _labels = _asked()
    header = (
        *(_("Township"), _("P-code"), _("Region"), _("What kind of help"), _("Most urgent"), _("Open needs")),
        *(_("People, up to"), _("Not counted"), _("A delivery is meant for"), _("Not heard of for two weeks")),
        *(_("Served since %(day)s, up to", day=ranking.served_since()), _("Points"), _("Last heard")),
    )
    return csv_response("gaps", header, [_file_row(gap) for gap in ranking.gaps(db(), current_actor(), wanted)])


def _file_row(gap: Gap) -> list[Any]:
    return [
        *(gap.township.name, gap.township.pcode, gap.township.state, str(SECTORS[gap.sector])),
        str(words.URGENT[gap.urgency]) if gap.urgency else "",
        *(gap.open, gap.people, gap.not_counted, gap.covered, gap.stale, gap.served, gap.points, gap.heard_on),
    ]
