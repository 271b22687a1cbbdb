"""A QR code as geometry; the template draws it."""

from dataclasses import dataclass

import segno


@dataclass(frozen=True)
class QrCode:
    """`size` modules on each side, the quiet zone included; `path` covers the dark ones."""

    size: int
    path: str


def qr(text: str) -> QrCode:
    """The code for `text`, with a quiet zone of four modules."""
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=4)]
    steps = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = x
            while run < len(row) and row[run]:
                run += 1
            if run > x:
                steps.append(f"M{x} {y}h{run - x}v1h-{run - x}z")
            x = max(run, x + 1)
    return QrCode(len(rows), "".join(steps))
