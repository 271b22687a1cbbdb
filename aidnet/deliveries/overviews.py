"""Pages over all deliveries of a group: its month, its map, its losses; and where anybody served lately."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField

from aidnet.db import db
from aidnet.deliveries import areas, calendar, losses, served, spans, words
from aidnet.disclosure import Level, audience_of, level_of
from aidnet.errors import NotVisible
from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission
from aidnet.web.context import month as month_in_words
from aidnet.web.forms import BaseForm, options
from aidnet.web.guards import current_actor, needs
from aidnet.web.keyset import asked_again
from aidnet.web.sheets import csv_response


def register(bp: Blueprint) -> None:
    """Put these pages under the slice's blueprint."""
    bp.add_app_template_filter(calendar.weekday, "weekday")
    bp.add_url_rule("/deliveries/calendar", "month", month)
    bp.add_url_rule("/deliveries/map", "reached", reached)
    bp.add_url_rule("/deliveries/map.csv", "reached_csv", reached_csv)
    bp.add_url_rule("/deliveries/losses", "lost", lost)
    bp.add_url_rule("/deliveries/losses.csv", "lost_csv", lost_csv)
    bp.add_url_rule("/served", "served", served_lately)
    bp.add_url_rule("/served.csv", "served_csv", served_csv)


def may_look(actor: Actor, entity: str, name: str) -> bool:
    """Whether the actor sees a figure of its own group at all."""
    return level_of(entity, name, audience_of(actor, actor.responder_id)) is Level.FULL


def sections(actor: Actor) -> list[dict[str, Any]]:
    """The pages about deliveries that the actor may open; empty where it is the list alone."""
    pages = [("deliveries.index", _("List"), True)]
    pages.append(("deliveries.month", _("Month"), may_look(actor, "delivery", "planned_on")))
    pages.append(("deliveries.reached", _("Map"), may_look(actor, "served_month", "people")))
    pages.append(("deliveries.lost", _("Losses"), may_look(actor, "loss_month", "losses")))
    pages.append(("deliveries.served", _("Served lately"), actor.may(Permission.SERVED_READ)))
    pages.append(("custody.index", _("Hand-overs"), actor.may(Permission.HANDOVER_READ)))
    pages.append(("oldbooks.index", _("Old books"), actor.may(Permission.OLD_BOOK_LOAD)))
    found = [
        {"label": label, "url": url_for(endpoint), "current": request.endpoint == endpoint} for endpoint, label, may in pages if may
    ]
    return found if len(found) > 1 else []


def _looking(entity: str, name: str) -> Actor:
    """The actor, who must see this figure. Raises: NotVisible."""
    actor = current_actor()
    if not may_look(actor, entity, name):
        raise NotVisible
    return actor


def _spans(current: int) -> list[dict[str, Any]]:
    """Ways to look back further or less far."""
    here = url_for(str(request.endpoint))
    return [{"label": spans.words(months), "url": f"{here}?months={months}", "current": months == current} for months in spans.SPANS]


@needs(Permission.DELIVERY_READ)
def month() -> ResponseReturnValue:
    """Planned days and days on which something happened."""
    actor = _looking("delivery", "planned_on")
    found = calendar.month(db(), actor, calendar.month_of(request.args.get("month")))
    return render_template("deliveries/month.html", month=found, name=month_in_words(found.first), sections=sections(actor))


@needs(Permission.DELIVERY_READ)
def reached() -> ResponseReturnValue:
    """Where the own group handed out."""
    actor = _looking("served_month", "people")
    months = spans.span_of(request.args.get("months"))
    found = areas.reached(db(), actor, months)
    return render_template(
        "deliveries/reached.html",
        found=found,
        map=areas.reached_map(found),
        months=months,
        spans=_spans(months),
        sections=sections(actor),
        csv_url=url_for("deliveries.reached_csv", months=months),
    )


@needs(Permission.DELIVERY_READ)
def reached_csv() -> ResponseReturnValue:
    """The same as a file."""
    actor = _looking("served_month", "people")
    return csv_response("map", *areas.table(areas.reached(db(), actor, spans.span_of(request.args.get("months")))))


@needs(Permission.DELIVERY_READ)
def lost() -> ResponseReturnValue:
    """What was lost on the way."""
    actor = _looking("loss_month", "losses")
    months = spans.span_of(request.args.get("months"))
    return render_template(
        "deliveries/losses.html",
        losses=losses.losses(db(), actor, months),
        most=losses.MOST,
        reasons=words.REASONS,
        spans=_spans(months),
        months=months,
        sections=sections(actor),
        csv_url=url_for("deliveries.lost_csv", months=months),
    )


@needs(Permission.DELIVERY_READ)
def lost_csv() -> ResponseReturnValue:
    """The same as a file."""
    actor = _looking("loss_month", "losses")
    return csv_response("losses", *losses.table(losses.lost(db(), actor, spans.span_of(request.args.get("months")))))


class ServedForm(BaseForm):
    """Where to look."""

    region = SelectField(validate_choice=False)
    district = SelectField(validate_choice=False)


def _served_where() -> tuple[ServedForm, served.Wanted]:
    """What the address asks for: a region and a district that are there; else everywhere."""
    form = ServedForm(request.args)
    form.region.label.text, form.district.label.text = _("State or region"), _("District")
    regions, districts = served.choices(db(), served.Wanted(form.region.data or ""))
    form.region.choices = options([("", _("Wherever anybody was served")), *regions])
    form.district.choices = options([("", _("All of it")), *districts])
    region = form.region.data if form.region.data in dict(regions) else ""
    district = form.district.data if form.district.data in dict(districts) else ""
    return form, served.Wanted(region or "", district or "")


@needs(Permission.SERVED_READ)
def served_lately() -> ResponseReturnValue:
    """Where anybody handed out lately, longest ago first."""
    actor = current_actor()
    form, wanted = _served_where()
    found = served.page(db(), actor, wanted, request.args.get("after"))
    names = {choice.value: choice.label for field in form for choice in field.choices}
    here = url_for("deliveries.served")
    active = [
        {"label": names[value], "url": asked_again(here, **dict.fromkeys(left_out))}
        for value, left_out in ((wanted.region, ("region", "district", "after")), (wanted.district, ("district", "after")))
        if value
    ]
    return render_template(
        "deliveries/served.html",
        page=found,
        form=form,
        active=active,
        sections=sections(actor),
        csv_url=asked_again(url_for("deliveries.served_csv"), after=None),
    )


@needs(Permission.SERVED_READ)
def served_csv() -> ResponseReturnValue:
    """The same as a file."""
    _form, wanted = _served_where()
    return csv_response("lately", *served.table(served.everything(db(), current_actor(), wanted)))
