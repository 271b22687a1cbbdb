"""Reads the first sheet of a workbook, by itself: run as a process of its own, with limits, because a small file can unpack to a lot.

The workbook comes on the standard input; its rows go, as JSON lists of texts, a line each, to the standard output. Knows
nothing of aidnet. Exits with 3 where there are more rows than the first argument says.
"""

import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta

#: Of the process: seconds of computing, and bytes of memory.
SECONDS, MEMORY = 8, 768 * 1024 * 1024
CELLS_MOST = 40
TOO_MANY = 3


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
    return str(value).strip()


def main(most: int) -> int:
    """Read, with limits set. Returns the code to exit with."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import load_workbook

    book = load_workbook(io.BytesIO(sys.stdin.buffer.read()))
    for number, row in enumerate(book.get_sheet_by_index(0).to_python(skip_empty_area=False)):
        if number > most:
            return TOO_MANY
        sys.stdout.write(json.dumps([_text(cell) for cell in row[:CELLS_MOST]]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
