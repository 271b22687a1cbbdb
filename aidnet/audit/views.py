"""The audit chain, for auditors."""

import json
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet.audit import queries
from aidnet.db import Base, db
from aidnet.i18n import gettext as _
from aidnet.money import latin_digits
from aidnet.policy import Permission
from aidnet.web.guards import current_actor, needs
from aidnet.web.sheets import csv_response

bp = Blueprint("audit", __name__)


def _wanted() -> queries.Wanted:
    entity = request.args.get("entity", "")
    try:
        day = date.fromisoformat(latin_digits(request.args.get("day", "")).strip())
    except ValueError:
        day = None
    return queries.Wanted(
        action=request.args.get("action", "")[:48],
        entity=entity if entity in Base.metadata.tables else "",
        day=day if day and 2000 <= day.year < 9000 else None,
    )


def _arguments(wanted: queries.Wanted) -> dict[str, Any]:
    given = {"action": wanted.action, "entity": wanted.entity, "day": wanted.day.isoformat() if wanted.day else ""}
    return {name: value for name, value in given.items() if value}


def _detail(text: str) -> str:
    """The public facts of an entry, in words a table has room for."""
    return ", ".join(f"{name}: {'–' if value is None else value}" for name, value in json.loads(text).items())


@bp.get("/audit")
@needs(Permission.AUDIT_READ)
def index() -> ResponseReturnValue:
    """Who did what, when: roles, never names."""
    actor, wanted = current_actor(), _wanted()
    given = _arguments(wanted)
    return render_template(
        "audit/index.html",
        page=queries.page(db(), actor, wanted, request.args.get("after")),
        head=queries.head(db(), actor),
        actions=queries.actions(db(), actor),
        entities=sorted(name for name, table in Base.metadata.tables.items() if not table.info.get("operational")),
        wanted=wanted,
        active=[
            {
                "label": value,
                "url": url_for(".index", **{other: kept for other, kept in given.items() if other != name}),
            }
            for name, value in given.items()
        ],
        csv=url_for(".index_csv", **given),
        detail=_detail,
    )


@bp.get("/audit.csv")
@needs(Permission.AUDIT_READ)
def index_csv() -> Response:
    """The same list as a file, whole."""
    header = [_("When (UTC)"), _("Role"), _("Action"), _("Record"), _("Facts"), _("Previous hash"), _("Hash")]
    entries = queries.everything(db(), current_actor(), _wanted())
    rows = (
        [
            entry.at.isoformat(),
            entry.role,
            entry.action,
            entry.entity,
            _detail(entry.detail),
            entry.previous_hash,
            entry.hash,
        ]
        for entry in entries
    )
    return csv_response("audit", header, rows)
