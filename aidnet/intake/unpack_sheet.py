"""Reads the first sheet of a workbook, by itself: run as a process of its own, with limits, because a small file can unpack to a lot.

The workbook comes on the standard input; its rows go, as JSON lists of texts, a line each, to the standard output. Knows
nothing of aidnet. Exits with 3 where there are more rows than the first argument says, and with 4 where they hold too much.
"""

import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta

#: Of the process: seconds of computing, and bytes of memory.
SECONDS, MEMORY = 8, 768 * 1024 * 1024
CELLS_MOST = 40
#: Characters of a cell, longer than anything that is kept of one; and bytes of all that is written.
CELL_MOST, WRITTEN_MOST = 5_000, 20_000_000
TOO_MANY, TOO_MUCH = 3, 4


def _text(value: object) -> str:
    """A cell as its person sees it, or nearly."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time | timedelta):
        return str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e18 else f"{value:.15g}"
    text = str(value).strip()
    # The mark makes no number or day of what was cut.
    return text if len(text) <= CELL_MOST else text[: CELL_MOST - 1] + "…"


def main(most: int) -> int:
    """Read, with limits set. Returns the code to exit with."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import load_workbook

    book = load_workbook(io.BytesIO(sys.stdin.buffer.read()))
    written = 0
    for number, row in enumerate(book.get_sheet_by_index(0).to_python(skip_empty_area=False)):
        if number > most:
            return TOO_MANY
        line = json.dumps([_text(cell) for cell in row[:CELLS_MOST]], ensure_ascii=False).encode() + b"\n"
        written += len(line)
        if written > WRITTEN_MOST:
            return TOO_MUCH
        sys.stdout.buffer.write(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
