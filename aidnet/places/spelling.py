"""Names as people type them: folded for comparing, and boned for comparing what was misspelt.

Romanized Burmese has no one spelling (Tabayin is Depayin in the press, Kale is Kalay), and Burmese itself is typed with
spaces or without, and with its marks in any order.
"""

import re
import unicodedata
from functools import lru_cache

__all__ = ["fold", "near", "skeleton"]

_ZERO, _WA = "\u1040", "\u101d"
#: One letter that people type as two or in another form.
_SAME = {"\u102b": "\u102c", "\u1029": "\u101e\u103c", "\u102a": "\u101e\u103c\u1031\u102c\u103a"}
#: The order in which a Burmese syllable's marks are kept, however they were typed.
_MARKS = "\u103b\u103c\u103d\u103e\u1031\u102d\u102e\u102f\u1030\u102c\u1032\u1036\u103a\u1037\u1038"
_MARK_ORDER = {mark: number for number, mark in enumerate(_MARKS)}
_RUNS_OF_MARKS = re.compile(f"[{_MARKS}]{{2,}}")
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


class _Kept(dict[int, str | None]):
    """What becomes of each character: letters, digits and the marks of scripts stay; accents and all else go."""

    def __missing__(self, number: int) -> str | None:
        letter = chr(number)
        kept: str | None = letter if unicodedata.category(letter)[0] in "LMN" else None
        if "\u0300" <= letter <= "\u036f":  # accents; the marks of other scripts are letters there
            kept = None
        elif "\u1041" <= letter <= "\u1049":  # zero is left: it looks like the letter wa, and people type either
            kept = str(number - 0x1040)
        self[number] = kept = _SAME.get(letter, kept)
        return kept


_KEPT = _Kept()


@lru_cache(maxsize=4_000)
def _in_order(run: str) -> str:
    return "".join(sorted(run, key=_MARK_ORDER.__getitem__))


def fold(text: str) -> str:
    """`text` as a search key: equal for equal names, whatever their case, spaces, hyphens, accents and kind of digits.

    Folding a key again changes nothing. What holds no letter or digit folds to "".
    """
    lowered = text.casefold()
    if lowered.isascii():
        return _NOT_PLAIN.sub("", lowered)
    kept = unicodedata.normalize("NFC", unicodedata.normalize("NFKD", lowered).translate(_KEPT)).casefold()
    kept = _RUNS_OF_MARKS.sub(lambda run: _in_order(run[0]), kept)
    kept = kept.replace("\u1025\u103a", "\u1009\u103a").replace("\u1025\u102e", "\u1026")
    return _zeros_and_was(kept) if _ZERO in kept or _WA in kept else kept


def _zeros_and_was(text: str) -> str:
    """Zero and wa by what stands beside them: a zero in a Burmese word was a wa, a wa after a digit was a zero."""
    read: list[str] = []
    for at, letter in enumerate(text):
        before, after = (read[-1] if read else ""), text[at + 1 : at + 2]
        carries = after in _MARK_ORDER
        if letter == _ZERO:
            in_word = "\u1000" <= before <= "\u109f" or (not before.isdigit() and "\u1000" <= after <= "\u103f")
            letter = _WA if carries or in_word else "0"
        elif letter == _WA and before.isascii() and before.isdigit() and not carries:
            letter = "0"
        read.append(letter)
    return "".join(read)


#: How romanizations differ, in the order in which it is undone.
_UNDONE = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"[kgct]y|ch|sh|j", "c"),
        (r"h", ""),
        (r"ng(?![aeiouwy])|m(?![aeiouwy])", "n"),
        (r"r(?![aeiouwy])", ""),
        (r"[wy](?![aeiou])", ""),
    )
)
_ALIKE = str.maketrans("bdgqfvzxr", "ptkkppssy")
_VOWELS = re.compile(r"[aeiou]+")
_TWICE = re.compile(r"(.)\1+")
_BURMESE_LETTER = re.compile(r"[\u1000-\u102a\u103f\u1040-\u1049\u1050-\u1055]|[a-z0-9]")


def skeleton(key: str) -> str:
    """What of a folded name survives the ways it is spelt: its consonants, like sounds as one; "a" for a vowel it begins with.

    A Burmese name keeps its letters and loses its marks. The skeleton of a key with no letter of either is "".
    """
    if not key.isascii():
        return _TWICE.sub(r"\1", "".join(_BURMESE_LETTER.findall(key)))
    for pattern, instead in _UNDONE:
        key = pattern.sub(instead, key)
    first = "a" if key[:1] in tuple("aeiou") else ""
    return _TWICE.sub(r"\1", first + _VOWELS.sub("", key).translate(_ALIKE))


_LATIN_BONES = "acklmnpstwy"
_BURMESE_BONES = "".join(map(chr, range(0x1000, 0x1021)))


def near(bones: str) -> list[str]:
    """Skeletons one slip away from `bones`, itself first: a letter more, fewer, another, or two swapped.

    Shape: at most a few hundred, none twice; those of a skeleton beyond 12 letters are itself alone.
    """
    if not bones or len(bones) > 12:
        return [bones]
    letters = _LATIN_BONES if bones.isascii() else _BURMESE_BONES
    found = [bones]
    for at in range(len(bones) + 1):
        before, after = bones[:at], bones[at:]
        found += [before + letter + after for letter in letters]
        if after:
            found.append(before + after[1:])
            found += [before + letter + after[1:] for letter in letters]
        if len(after) > 1:
            found.append(before + after[1] + after[0] + after[2:])
    return [one for one in dict.fromkeys(found) if one and not _TWICE.search(one)]
