"""Every component in every state, in both languages: a page for who builds pages. Demo and development only."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    validators,
)

from aidnet.config import Settings
from aidnet.errors import NotVisible
from aidnet.money import format_amount
from aidnet.web import charts, maps
from aidnet.web.context import network
from aidnet.web.forms import BoxesField
from aidnet.web.guards import public
from aidnet.web.qr import qr

bp = Blueprint("styleguide", __name__)

STATES = ("plan", "moving", "waits", "part", "done", "lost", "back", "off")


@dataclass(frozen=True)
class Words:
    """What the samples say in one language. Not for translation: both stand on the page side by side."""

    lang: str
    language: str
    months: tuple[str, ...]
    states: tuple[str, ...]
    parts: tuple[str, ...]
    lines: tuple[str, ...]
    say: dict[str, str]


ENGLISH = Words(
    lang="en",
    language="English",
    months=("Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug"),
    states=(
        "Planned",
        "Crossed, with group S-11",
        "Handed over, receiver silent",
        "Partly distributed",
        "Distributed, 212 households",
        "40 of 160 seized at a checkpoint",
        "Returned",
        "Cancelled",
    ),
    parts=("distributed", "held by S-11", "between reports", "seized", "returned"),
    lines=("goods", "transport, tolls", "medicine", "shelter, other", "lost", "still held"),
    say={
        "title": "Deliveries",
        "lead": "Group S-07 · Tuesday 18 August 2026",
        "log": "Log a delivery",
        "more": "All 38 deliveries",
        "save": "Save",
        "back": "Go back",
        "undo": "Undo this payout",
        "code": "Code",
        "what": "What",
        "to": "To",
        "state": "State",
        "people": "People",
        "all": "All",
        "rice": "Rice, oil, tarpaulins",
        "where": "Yinmarbin, Kani",
        "withheld": "Withheld for safety",
        "district": "District",
        "waits": "Two hand-overs wait for your word.",
        "until": "Until the receiver says so, nothing counts as delivered.",
        "good": "The money is recorded.",
        "loss": "30 bags are unaccounted between two reports.",
        "info": "The next results report is due on 14 September.",
        "nothing": "No delivery yet. The first one you log stands here.",
        "moving": "on the way",
        "households": "households reached this month",
        "villages": "villages reached, of 23",
        "held": "held by us",
        "place": "Where",
        "place_hint": "A village, tract or township: its name or P-code",
        "place_error": "Choose one of the places found.",
        "name": "Name of the group",
        "name_hint": "Only your own people see it.",
        "name_error": "Say the name, at least two letters.",
        "amount": "Amount",
        "currency": "Currency",
        "channel": "How it was sent",
        "channels": "Hundi|Bank|Mobile money|Cash by hand",
        "sectors": "What the group does",
        "sector_list": "Food|Health|Shelter",
        "note": "Anything else",
        "agree": "I counted it myself",
        "items": "What was loaded",
        "item": "Item",
        "quantity": "Quantity",
        "loaded": "Loaded",
        "loaded_more": "at the hub by S-07",
        "crossed": "Crossed",
        "crossed_more": "at “Lotus”",
        "seized": "Lost: 50 bags",
        "seized_more": "seized at a checkpoint",
        "handed": "Handed over",
        "handed_more": "to S-11, who have not answered",
        "distributed": "Distributed",
        "distributed_more": "in two villages: 212 households, 1,007 people",
        "corrected": "Loaded 310 bags",
        "corrected_more": "corrected on 3 August",
        "recorded": "recorded the same day",
        "spent": "Spent by month and budget line",
        "by_line": "Spent by budget line",
        "reach": "Households reached, by district",
        "township": "Villages reached, by township",
        "few": "few",
        "many": "many",
        "none": "none",
        "link": "Link for the new coordinator",
        "link_hint": "It works once, until 25 August.",
        "confirm": "The whole payout is undone: 5,000,000 MMK go back to the fund. Both entries stay in the ledger.",
        "steps": "Money|Receiver|Check",
        "tabs": "All|Open|Done",
        "received": "Received with thanks",
        "giver": "Giver",
        "fund": "Fund",
        "on": "On",
        "rainy": "Rainy season",
        "prose": "Money follows at once and is exact, but carries no place. Results follow with the next report.",
        "fold": "How this is counted",
        "receipt": "Receipt",
    },
)

BURMESE = Words(
    lang="my",
    language="မြန်မာ",
    months=("စက်", "အောက်", "နို", "ဒီ", "ဇန်", "ဖေ", "မတ်", "ဧပြီ", "မေ", "ဇွန်", "ဇူ", "ဩ"),
    states=(
        "စီစဉ်ထား",
        "နယ်စပ်ဖြတ်ပြီး၊ S-11 ထံတွင်",
        "လွှဲပြောင်းပြီး၊ လက်ခံသူ မဖြေသေး",
        "တစ်စိတ်တစ်ပိုင်း ဝေပြီး",
        "ဝေပြီး၊ အိမ်ထောင်စု ၂၁၂ စု",
        "၁၆၀ အနက် ၄၀ ဂိတ်တွင် သိမ်းခံရ",
        "ပြန်ရောက်",
        "ပယ်ဖျက်ပြီး",
    ),
    parts=("ဝေပြီး", "S-11 ကိုင်ထား", "မသိရသေး", "သိမ်းခံရ", "ပြန်ပို့"),
    lines=("ပစ္စည်း", "သယ်ယူခ", "ဆေးဝါး", "အမိုးအကာ", "ဆုံးရှုံး", "ကျန်ငွေ"),
    say={
        "title": "ပို့ဆောင်မှုများ",
        "lead": "အဖွဲ့ S-07 · ၂၀၂၆ ဩဂုတ် ၁၈ အင်္ဂါနေ့",
        "log": "ပို့ဆောင်မှု မှတ်ရန်",
        "more": "ပို့ဆောင်မှု ၃၈ ခုလုံး",
        "save": "သိမ်းရန်",
        "back": "ပြန်သွားရန်",
        "undo": "ဤငွေပေးမှုကို ပြန်ဖျက်ရန်",
        "code": "ကုဒ်",
        "what": "ဘာ",
        "to": "သို့",
        "state": "အခြေအနေ",
        "people": "လူဦးရေ",
        "all": "စုစုပေါင်း",
        "rice": "ဆန်၊ ဆီ၊ မိုးကာ",
        "where": "ယင်းမာပင်၊ ကနီ",
        "withheld": "လုံခြုံရေးအရ မဖော်ပြပါ",
        "district": "ခရိုင်",
        "waits": "လွှဲပြောင်းမှု နှစ်ခုက သင့်အဖြေကို စောင့်နေသည်။",
        "until": "လက်ခံသူ မပြောမချင်း ရောက်ပြီဟု မရေတွက်ပါ။",
        "good": "ငွေကို မှတ်ပြီးပါပြီ။",
        "loss": "အစီရင်ခံစာ နှစ်ခုကြားတွင် အိတ် ၃၀ စာရင်းမကိုက်ပါ။",
        "info": "နောက်ရလဒ်အစီရင်ခံစာ စက်တင်ဘာ ၁၄ ရက်တွင် ထွက်မည်။",
        "nothing": "ပို့ဆောင်မှု မရှိသေးပါ။ ပထမဆုံး မှတ်သည်မှာ ဤနေရာတွင် ပေါ်မည်။",
        "moving": "လမ်းတွင်",
        "households": "ယခုလ ရောက်ရှိသော အိမ်ထောင်စု",
        "villages": "ရွာ ၂၃ ရွာအနက် ရောက်ပြီး",
        "held": "ကျွန်ုပ်တို့ ကိုင်ထား",
        "place": "ဘယ်နေရာ",
        "place_hint": "ရွာ၊ ကျေးရွာအုပ်စု သို့မဟုတ် မြို့နယ်အမည်၊ P-code",
        "place_error": "တွေ့သောနေရာများထဲမှ တစ်ခုကို ရွေးပါ။",
        "name": "အဖွဲ့အမည်",
        "name_hint": "သင့်အဖွဲ့သားများသာ မြင်ရသည်။",
        "name_error": "အမည်ကို အနည်းဆုံး စာလုံးနှစ်လုံး ရေးပါ။",
        "amount": "ပမာဏ",
        "currency": "ငွေကြေး",
        "channel": "ဘယ်လို ပို့ခဲ့သလဲ",
        "channels": "ဟွန်ဒီ|ဘဏ်|မိုဘိုင်းငွေ|လက်ငင်း",
        "sectors": "အဖွဲ့ လုပ်ဆောင်သည်များ",
        "sector_list": "စားနပ်ရိက္ခာ|ကျန်းမာရေး|အမိုးအကာ",
        "note": "အခြား",
        "agree": "ကျွန်ုပ်ကိုယ်တိုင် ရေတွက်ခဲ့သည်",
        "items": "တင်ဆောင်ခဲ့သည်များ",
        "item": "ပစ္စည်း",
        "quantity": "အရေအတွက်",
        "loaded": "တင်ဆောင်",
        "loaded_more": "ဂိုဒေါင်တွင် S-07 က",
        "crossed": "နယ်စပ်ဖြတ်",
        "crossed_more": "“ကြာ” တွင်",
        "seized": "ဆုံးရှုံး − အိတ် ၅၀",
        "seized_more": "ဂိတ်တွင် သိမ်းခံရ",
        "handed": "လွှဲပြောင်း",
        "handed_more": "S-11 သို့၊ မဖြေသေးပါ",
        "distributed": "ဝေငှ",
        "distributed_more": "ရွာနှစ်ရွာတွင် − အိမ်ထောင်စု ၂၁၂၊ လူ ၁,၀၀၇ ဦး",
        "corrected": "အိတ် ၃၁၀ တင်ဆောင်",
        "corrected_more": "ဩဂုတ် ၃ ရက်တွင် ပြင်ဆင်ပြီး",
        "recorded": "ထိုနေ့တွင် မှတ်သည်",
        "spent": "လအလိုက်၊ ခေါင်းစဉ်အလိုက် သုံးစွဲမှု",
        "by_line": "ခေါင်းစဉ်အလိုက် သုံးစွဲမှု",
        "reach": "ခရိုင်အလိုက် ရောက်ရှိသော အိမ်ထောင်စု",
        "township": "မြို့နယ်အလိုက် ရောက်ရှိသော ရွာ",
        "few": "နည်း",
        "many": "များ",
        "none": "မရှိ",
        "link": "ညှိနှိုင်းသူအသစ်အတွက် လင့်ခ်",
        "link_hint": "ဩဂုတ် ၂၅ အထိ တစ်ကြိမ်သာ သုံးနိုင်သည်။",
        "confirm": "ငွေပေးမှုတစ်ခုလုံး ပြန်ဖျက်မည်။ ၅,၀၀၀,၀၀၀ ကျပ် ရန်ပုံငွေသို့ ပြန်ဝင်မည်။ စာရင်းနှစ်ခုလုံး ကျန်ရှိမည်။",
        "steps": "ငွေ|လက်ခံသူ|စစ်ဆေး",
        "tabs": "အားလုံး|လုပ်ဆဲ|ပြီး",
        "received": "ကျေးဇူးတင်စွာ လက်ခံရရှိပါသည်",
        "giver": "လှူဒါန်းသူ",
        "fund": "ရန်ပုံငွေ",
        "on": "ရက်စွဲ",
        "rainy": "မိုးရာသီ",
        "prose": "ငွေစာရင်းသည် ချက်ချင်း အတိအကျ ပေါ်သော်လည်း နေရာမပါပါ။ ရလဒ်များ နောက်အစီရင်ခံစာတွင် ပါမည်။",
        "fold": "ဘယ်လို ရေတွက်သလဲ",
        "receipt": "ပြေစာ",
    },
)


def form_of(words: Words, wrong: bool) -> Form:
    """The sample form, empty or with everything wrong."""
    say = words.say

    class Line(Form):
        item = StringField(say["item"])
        quantity = StringField(say["quantity"])

    class Sample(Form):
        name = StringField(say["name"], [validators.Length(2, message=say["name_error"])], description=say["name_hint"])
        amount = StringField(say["amount"])
        currency = SelectField(say["currency"], choices=["MMK", "THB", "USD"])
        channel = RadioField(say["channel"], choices=say["channels"].split("|"))
        sectors = BoxesField(say["sectors"], choices=say["sector_list"].split("|"))
        note = TextAreaField(say["note"], [validators.Optional()])
        agree = BooleanField(say["agree"])
        lines = FieldList(FormField(Line), min_entries=2)

    prefix = f"{words.lang}-{'wrong' if wrong else 'new'}"
    form: Form = Sample(
        MultiDict({f"{prefix}-name": "a", f"{prefix}-amount": "5 lakh"}) if wrong else None, prefix=prefix
    )
    if wrong:
        form.validate()
    return form


def picker_of(words: Words, state: str) -> SimpleNamespace:
    """A place picker as a form draws it: new, found or wrong."""
    option = SimpleNamespace(code="MMR005016", name=words.say["where"].split(",")[0].split("၊")[0], path="MMR005016")
    return SimpleNamespace(
        name=f"{words.lang}-place-{state}",
        id=f"{words.lang}-place-{state}",
        label=SimpleNamespace(text=words.say["place"]),
        description=words.say["place_hint"],
        errors=[words.say["place_error"]] if state == "wrong" else [],
        flags=SimpleNamespace(optional=False),
        query="" if state == "new" else "yin",
        chosen=[option] if state == "found" else [],
        options=[SimpleNamespace(code="MMR005017", name="Salingyi", path="MMR005017")] if state == "found" else [],
        multiple=state == "found",
        searched=state != "new",
        source="",
    )


def sample(words: Words) -> dict[str, Any]:
    """All that one language's column draws."""

    def money(minor: int) -> str:
        return format_amount(minor, "USD", words.lang)

    columns = [
        charts.Column(
            month,
            (
                500_000 + 90_000 * at,
                120_000 + 9_000 * (at % 5),
                80_000,
                40_000 + 5_000 * at,
                9_000 if at % 4 == 3 else 0,
            ),
            "2025" if at < 4 else "2026",
        )
        for at, month in enumerate(words.months)
    ]
    reached = {"MMR005D002": 1340, "MMR005D010": 720, "MMR005D009": 510, "MMR005D003": 430}
    bands = dict(zip(reached, maps.band(list(reached.values())), strict=True))
    legend: list[tuple[int | str, str]] = [
        (0, words.say["none"]),
        (1, words.say["few"]),
        (5, words.say["many"]),
        ("w", words.say["withheld"]),
    ]
    return {
        "words": words,
        "say": words.say,
        "new": form_of(words, wrong=False),
        "wrong": form_of(words, wrong=True),
        "pickers": [picker_of(words, state) for state in ("new", "found", "wrong")],
        "months": charts.stacked(
            columns,
            [charts.Series(line, str(tone)) for tone, line in enumerate(words.lines[:5], 1)],
            text=money,
            per_unit=100,
        ),
        "lines": charts.bars(
            [
                charts.Bar(line, value)
                for line, value in zip(words.lines, (5800, 2200, 1400, 900, 400, 1100), strict=True)
            ],
            text=lambda value: money(value * 100),
            total=True,
        ),
        "strips": [
            charts.strip([charts.Part(*part) for part in zip(kinds, words.parts, sizes, map(str, sizes), strict=False)])
            for kinds, sizes in (
                (("done", "held", "open", "lost"), (180, 40, 30, 50)),
                (("done", "held", "open", "lost", "back"), (0, 1, 999, 1, 99)),
            )
        ],
        "districts": maps.area_map(
            [
                *(maps.Area(pcode, bands[pcode], str(value)) for pcode, value in reached.items()),
                maps.Area("MMR005D004", 0, words.say["withheld"], withheld=True),
            ],
            states=("MMR005",),
            locale=words.lang,
            legend=legend,
            near=True,
        ),
        "townships": maps.area_map(
            [maps.Area(f"MMR0050{16 + at}", at % 6, str(at * 3)) for at in range(8)],
            states=("MMR005",),
            locale=words.lang,
            legend=legend[:3],
            pins=[(22.1, 94.9)],
            labels=False,
        ),
        "qr": qr("http://127.0.0.1:8000/invitations/0123456789abcdefghij"),
    }


@bp.get("/styleguide")
@public
def page() -> ResponseReturnValue:
    """Every component. Nothing here on a real network in production."""
    settings: Settings = current_app.extensions["aidnet.settings"]
    found = network()
    if settings.mode == "production" and not (found is not None and found.kind == "demo"):
        raise NotVisible
    return render_template("styleguide.html", samples=[sample(ENGLISH), sample(BURMESE)], states=STATES)
