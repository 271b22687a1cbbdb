"""Pages of lists of gifts, and the receipt that anybody may open who has its code."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import codes, policy
from aidnet.db import db
from aidnet.errors import NotVisible
from aidnet.funding import words as gift_words
from aidnet.funding.models import Fund
from aidnet.funding.records import directory
from aidnet.i18n import gettext as _
from aidnet.i18n import ngettext
from aidnet.intake import pages, queries, receipts, service, words
from aidnet.intake.columns import COLUMNS, Column
from aidnet.intake.forms import ListForm, LoadForm
from aidnet.intake.models import BatchState
from aidnet.policy import Permission
from aidnet.responders.words import SECTORS
from aidnet.roles import PartnerKind
from aidnet.web.context import network
from aidnet.web.forms import BaseForm
from aidnet.web.guards import current_actor, needs, public
from aidnet.web.pages import code_of, save, saved, status
from aidnet.web.qr import qr
from aidnet.web.sheets import csv_response
from aidnet.web.uploads import takes_files

bp = Blueprint("intake", __name__)


@bp.get("/funding/batches")
@needs(Permission.CONTRIBUTION_RECORD)
def batches() -> ResponseReturnValue:
    """Lists of gifts, newest first."""
    page = queries.lists(db(), current_actor(), request.args.get("after"))
    return render_template("intake/batches.html", page=page, words=words)


@bp.route("/funding/batches/new", methods=["GET", "POST"])
@takes_files(pages.BYTES_MOST)
@needs(Permission.CONTRIBUTION_RECORD)
def new_batch() -> ResponseReturnValue:
    """Bring a list: paste it, or send a file."""
    actor = current_actor()
    form = ListForm(pages.sent(), data={"fund": request.args.get("fund", "")})
    funds = policy.visible(actor, Permission.CONTRIBUTION_RECORD, Fund).order_by(Fund.name_key)
    form.offer(
        [(fund.code, fund.name) for fund in db().scalars(funds)],
        [(one.code, one.name) for one in directory(db(), actor).values() if one.kind is PartnerKind.DONOR],
    )
    if request.method == "POST":
        made = save(form, lambda session: service.add_list(session, actor, form.draft()))
        if made is not None:
            return redirect(url_for(".batch", code=made.code), code=303)
    return render_template("intake/batch_new.html", form=form), status(form)


@bp.get("/funding/batches/sample.csv")
@needs(Permission.CONTRIBUTION_RECORD)
def sample() -> ResponseReturnValue:
    """A list to begin with, its columns named in the reader's language."""
    rows = [
        ["Daw Mya", _("Person"), "50", "USD", "2024-02-05", "", "", _("Bank"), "MMR005D002", "", ""],
        ["", _("Group of people"), "5 သိန်း", "MMK", "6/2/2024", "", "", _("Mobile money"), "", _("Food"), ""],
        ["U Ba", _("Person"), "၁,၀၀၀", "THB", "", "2024-02-07", "2024-03-01", _("Cash by hand"), "", "", _("monthly")],
    ]
    return csv_response("gifts-to-load", [str(word) for word in COLUMNS.values()], rows)


@bp.get("/funding/batches/<code>")
@needs(Permission.CONTRIBUTION_RECORD)
def batch(code: str) -> ResponseReturnValue:
    """One list: what it would load, or what it loaded."""
    line = queries.one(db(), current_actor(), code_of("B", code))
    if line.batch.state is BatchState.PREVIEW:
        return _preview(line, LoadForm(request.form))
    actor = current_actor()
    return render_template(
        "intake/batch.html",
        line=line,
        batch=line.batch,
        page=queries.loaded(db(), actor, line.batch.code, request.args.get("after")),
        sums=queries.loaded_sums(db(), actor, line.batch.code),
        words=words,
        gift_words=gift_words,
    )


def _preview(line: queries.ListLine, form: BaseForm) -> ResponseReturnValue:
    found = queries.preview(db(), current_actor(), line.batch.code, pages.first_line())
    page = render_template(
        "intake/preview.html",
        line=line,
        batch=line.batch,
        form=form,
        words=words,
        gift_words=gift_words,
        sectors=SECTORS,
        **pages.drawn(".batch", line.batch.code, found, COLUMNS),
    )
    return page, status(form)


@bp.get("/funding/batches/<code>/faults.csv")
@needs(Permission.CONTRIBUTION_RECORD)
def faults_csv(code: str) -> ResponseReturnValue:
    """What is wrong in a list, cell by cell."""
    return pages.faults_file(queries.preview(db(), current_actor(), code_of("B", code)).wrongs, COLUMNS)


@bp.post("/funding/batches/<code>/columns")
@needs(Permission.CONTRIBUTION_RECORD)
def settle(code: str) -> ResponseReturnValue:
    """Say what columns are."""
    code = code_of("B", code)
    line = queries.one(db(), current_actor(), code)
    said = pages.columns_typed(Column)
    form = LoadForm()
    if saved(form, lambda session: service.settle_columns(session, current_actor(), code, said)):
        return redirect(url_for(".batch", code=code), code=303)
    return _again(line, form)


@bp.post("/funding/batches/<code>/loading")
@needs(Permission.CONTRIBUTION_RECORD)
def loading(code: str) -> ResponseReturnValue:
    """Load the chosen rows."""
    code = code_of("B", code)
    line = queries.one(db(), current_actor(), code)
    form = LoadForm(request.form)
    made = save(form, lambda session: service.load(session, current_actor(), code, form.which()))
    if made is None:
        return _again(line, form)
    flash(ngettext("%(num)s gift is recorded.", "%(num)s gifts are recorded.", made.rows_loaded))
    return redirect(url_for(".batch", code=code), code=303)


def _again(line: queries.ListLine, form: BaseForm) -> ResponseReturnValue:
    """The preview with what is wrong; what is no preview any more is shown as it is."""
    if line.batch.state is BatchState.PREVIEW:
        return _preview(line, form)
    raise service.NotInPreview


@bp.post("/funding/batches/<code>/discarding")
@needs(Permission.CONTRIBUTION_RECORD)
def discarding(code: str) -> ResponseReturnValue:
    """Forget a list."""
    code = code_of("B", code)
    form = BaseForm()
    if not saved(form, lambda session: service.discard(session, current_actor(), code)):
        raise service.NotInPreview
    flash(_("The list is discarded. Nothing of it was recorded."))
    return redirect(url_for(".batches"), code=303)


@bp.get("/receipts/<receipt_code>")
@public
def receipt(receipt_code: str) -> ResponseReturnValue:
    """The state of one gift, for whoever has its receipt: no names, no places."""
    code = codes.read_receipt(receipt_code)
    if code is None:
        raise NotVisible
    page = render_template(
        "intake/receipt.html",
        receipt=receipts.receipt(db(), code),
        url=url_for(".receipt", receipt_code=code, _external=True),
        qr=qr(url_for(".receipt", receipt_code=code, _external=True)),
        became=words.became,
        network=network(),
    )
    return page, {"X-Robots-Tag": "noindex, nofollow, noarchive"}
