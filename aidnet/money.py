"""Amounts: integers in the minor unit of a currency, never floats.

The exponents are our own table: CLDR gives the kyat no decimals and ISO 4217 gives it two; nobody pays in pya.
"""

import re
from decimal import Decimal, InvalidOperation

from babel.numbers import format_currency, format_decimal

#: Currency (ISO 4217) to decimals of its minor unit, in the order pages list them.
EXPONENTS: dict[str, int] = {
    "MMK": 0,
    "THB": 2,
    "USD": 2,
    "EUR": 2,
    "INR": 2,
    "AUD": 2,
    "SGD": 2,
    "GBP": 2,
    "JPY": 0,
    "KRW": 0,
    "CNY": 2,
    "MYR": 2,
    "BDT": 2,
}
CURRENCIES = tuple(EXPONENTS)

#: More than any gift or purse this network will see, and far inside 64 bits however many are summed.
MOST_MINOR = 10**15

#: Words for round numbers, longest first. Source: the shipped units table (`places/data/units-my.csv` beside it).
_WORDS: tuple[tuple[str, int], ...] = (
    ("ဆယ်သိန်း", 10**6),
    ("ten lakh", 10**6),
    ("သိန်း", 10**5),
    ("lakhs", 10**5),
    ("lakh", 10**5),
    ("သောင်း", 10**4),
    ("million", 10**6),
    ("သန်း", 10**6),
    ("crore", 10**7),
    ("ကုဋေ", 10**7),
    ("ထောင်", 10**3),
)
_DIGITS = str.maketrans("၀၁၂၃၄၅၆၇၈၉", "0123456789")


class BadAmount(ValueError):
    """What was typed is not a positive amount of this currency; `reason` is `shape`, `decimals`, `large` or `sign`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def latin_digits(text: str) -> str:
    """`text` with Myanmar digits as Latin ones; the letter wa (ဝ), typed for zero, counts as zero beside a digit."""
    return re.sub(r"[၀-၉0-9.,ဝ]+", _without_wa, text).translate(_DIGITS)


def _without_wa(run: re.Match[str]) -> str:
    return run[0].replace("ဝ", "0") if re.search(r"[၀-၉0-9]", run[0]) else run[0]


def parse_number(typed: str) -> Decimal:
    """The number a person typed: Latin or Myanmar digits, grouping commas or spaces. Raises: BadAmount."""
    text = latin_digits(typed).strip()
    text = re.sub(r"(?<=\d)[,\s_\u00a0\u202f](?=\d{2,3}(\D|$))", "", text)
    if not re.fullmatch(r"[+-]?\d{1,20}(\.\d{1,12})?|[+-]?\.\d{1,12}", text):
        raise BadAmount("shape")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise BadAmount("shape") from None


def parse_amount(typed: str, currency: str) -> int:
    """The minor units of `currency` in what a person typed, such as "1,250.50", "၅ သိန်း" or "5 lakh".

    Raises: BadAmount, where it is no number, not above zero, too large, or finer than the minor unit.
    """
    text = typed.strip()
    factor = 1
    for word, value in _WORDS:
        if word in text.casefold():
            text = re.sub(re.escape(word), "", text, count=1, flags=re.IGNORECASE)
            factor = value
            break
    text = re.sub(rf"\b{currency}\b|ကျပ်|[$฿€₹£]", "", text, flags=re.IGNORECASE).strip()
    minor = parse_number(text) * factor * 10 ** EXPONENTS[currency]
    if minor <= 0:
        raise BadAmount("sign")
    if minor != minor.to_integral_value():
        raise BadAmount("decimals")
    if minor > MOST_MINOR:
        raise BadAmount("large")
    return int(minor)


def decimal_of(amount_minor: int, currency: str) -> Decimal:
    """The amount in major units, exact."""
    return Decimal(amount_minor).scaleb(-EXPONENTS[currency])


def format_amount(amount_minor: int, currency: str, locale: str = "en") -> str:
    """`amount_minor` as people write it, such as "USD 1,250.50": code first, Latin digits, all its decimals."""
    pattern = "¤¤ #,##0" + ("." + "0" * EXPONENTS[currency] if EXPONENTS[currency] else "")
    return str(
        format_currency(decimal_of(amount_minor, currency), currency, pattern, locale=locale, currency_digits=False)
    )


def format_rate(rate: Decimal) -> str:
    """A rate with all the digits it was typed with, grouped, Latin in every language: "4,350" or "0.0002325"."""
    return f"{rate:,f}"


def format_plain(amount_minor: int, currency: str) -> str:
    """The amount for a spreadsheet or an input: no grouping, a point, all its decimals."""
    return f"{decimal_of(amount_minor, currency):f}"


def format_count(number: int | Decimal, locale: str = "en") -> str:
    """A count of things with grouping, Latin digits in every language."""
    return str(format_decimal(number, locale=locale))
