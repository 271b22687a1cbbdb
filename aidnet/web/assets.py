"""What a browser needs beside a page: one style sheet, one script, one icon and the Burmese font.

They are put together once, when the process starts, from the files in `static/`. Each has its hash in its name, so that
a browser keeps it for good and a new version is a new address.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, request, url_for

from aidnet.web.guards import public

STATIC = Path(__file__).resolve().parents[1] / "static"
FONTS = ("padauk-myanmar-400-normal.woff2", "padauk-myanmar-700-normal.woff2")
#: Rows are defined before what they may hold (static/js/line-rows.js says why); the order of the others is free.
SCRIPTS = ("line-rows.js", "place-picker.js", "print-button.js", "shrink-photos.js", "submit-once.js")
#: A year, as far as the standard goes.
FOR_GOOD = "public, max-age=31536000, immutable"

bp = Blueprint("assets", __name__)


@dataclass(frozen=True)
class Asset:
    """One file as it is sent. `packed` is its gzip, or None where packing gains nothing."""

    name: str
    kind: str
    body: bytes
    packed: bytes | None


def style_sheets() -> list[Path]:
    """Every CSS file, the one that orders the layers first."""
    folder = STATIC / "css"
    first = folder / "layers.css"
    return [first, *sorted(path for path in folder.rglob("*.css") if path != first)]


def pack_css(text: str) -> str:
    """The same rules without comments and needless white space; strings are left alone."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    parts = re.split(r"(\"[^\"\n]*\")", text)
    for index in range(0, len(parts), 2):
        part = re.sub(r"\s+", " ", parts[index])
        part = re.sub(r"\s*([{};,])\s*", r"\1", part)
        parts[index] = re.sub(r":\s+", ":", part).replace(";}", "}")
    return "".join(parts).strip()


def pack_js(text: str) -> str:
    """The same script without comment lines and indentation. Its files hold no literal that spans lines."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def named(stem: str, ending: str, kind: str, body: bytes) -> Asset:
    packed = None if ending == "woff2" else gzip.compress(body, 9, mtime=0)
    return Asset(f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{ending}", kind, body, packed)


@lru_cache(maxsize=1)
def build() -> dict[str, Asset]:
    """What there is, by the name that `asset()` is asked for: css, js, icon, and the fonts by their file."""
    made = {
        name: named(Path(name).stem, "woff2", "font/woff2", (STATIC / "vendor" / "padauk" / name).read_bytes())
        for name in FONTS
    }
    css = pack_css("\n".join(path.read_text("utf-8") for path in style_sheets()))
    for name in FONTS:
        css = css.replace(f"../vendor/padauk/{name}", made[name].name)
    js = "\n".join("{" + pack_js((STATIC / "js" / name).read_text("utf-8")) + "}" for name in SCRIPTS)
    icon = (STATIC / "icon.svg").read_bytes()
    made["css"] = named("look", "css", "text/css; charset=utf-8", css.encode())
    made["js"] = named("more", "js", "text/javascript; charset=utf-8", js.encode())
    made["icon"] = named("icon", "svg", "image/svg+xml", icon)
    return made


@lru_cache(maxsize=1)
def by_name() -> dict[str, Asset]:
    return {asset.name: asset for asset in build().values()}


@bp.get("/assets/<name>")
@public
def file(name: str) -> Response:
    """One asset, for good; an older or invented name is not found."""
    found = by_name().get(name)
    if found is None:
        abort(404)
    packed = found.packed if request.accept_encodings.quality("gzip") > 0 else None
    response = Response(packed or found.body, content_type=found.kind)
    response.headers["Cache-Control"] = FOR_GOOD
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


def asset(kind: str) -> str:
    """The address of `css`, `js` or `icon`."""
    return url_for("assets.file", name=build()[kind].name)


def init_assets(app: Flask) -> None:
    """Put the assets together, and let templates ask for them."""
    build()
    app.register_blueprint(bp)
    app.jinja_env.globals["asset"] = asset
