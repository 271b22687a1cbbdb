"""One sheet, one script, one icon: small, whole, and kept for good."""

import gzip
import re

from aidnet.web import assets
from tests.world import Client

#: What the frame may weigh, compressed, so that a first visit with its page stays within 30 kB.
SHEET_MOST, SCRIPT_MOST = 13_000, 4_000


def packed(kind: str) -> int:
    found = assets.build()[kind]
    assert found.packed is not None
    return len(found.packed)


def test_the_sheet_and_the_script_are_small() -> None:
    assert packed("css") <= SHEET_MOST
    assert packed("js") <= SCRIPT_MOST


def test_every_style_sheet_and_script_is_in_the_bundle() -> None:
    css, js = assets.build()["css"].body.decode(), assets.build()["js"].body.decode()
    assert css.startswith("@layer reset,tokens,base,layout,components,utilities,print;")
    for path in (assets.STATIC / "css").rglob("*.css"):
        first = re.search(r"^ {2,}([.a-z:][\w .:-]*?) \{ ", path.read_text("utf-8"), re.MULTILINE)
        assert first is None or first[1] in css, path.name
    assert {path.name for path in (assets.STATIC / "js").glob("*.js")} == set(assets.SCRIPTS)
    for name in ("line-rows", "place-picker", "print-button"):
        assert f'customElements.define("{name}"' in js


def test_packing_keeps_strings_and_selectors() -> None:
    css = '/* a; b */ .a  :is(b, c) { content: "a;  b: c"; margin: 1px  2px; }\n@media (width < 42rem) { a { color: red } }'
    assert assets.pack_css(css) == '.a :is(b,c){content:"a;  b: c";margin:1px 2px}@media (width < 42rem){a{color:red}}'


def test_packing_scripts_drops_only_comment_lines() -> None:
    assert assets.pack_js('// why\nconst a = "// no";\n\n  a();\n') == 'const a = "// no";\na();'


def test_scripts_hold_nothing_that_spans_lines_or_modules() -> None:
    for name in assets.SCRIPTS:
        text = (assets.STATIC / "js" / name).read_text("utf-8")
        assert not re.search(r"^\s*(import|export)\b", text, re.MULTILINE), name
        assert all(line.count("`") % 2 == 0 for line in text.splitlines()), name
        assert "/*" not in text, name


def test_the_fonts_named_in_the_sheet_are_served() -> None:
    css = assets.build()["css"].body.decode()
    named = re.findall(r'url\("([^"#]+)"\)', css)
    assert len(named) == 2
    assert set(named) <= set(assets.by_name())


def test_an_asset_is_sent_packed_and_kept_for_good(client: Client) -> None:
    for kind in ("css", "js", "icon"):
        one = assets.build()[kind]
        answer = client.get(f"/assets/{one.name}", headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]
        assert gzip.decompress(answer.data) == one.body
        plain = client.get(f"/assets/{one.name}", headers={"Accept-Encoding": "identity"})
        assert plain.data == one.body


def test_an_invented_asset_is_not_found(client: Client) -> None:
    assert client.get("/assets/look.000000000000.css").status_code == 404
    assert client.get("/assets/..%2Fconfig.py").status_code == 404
