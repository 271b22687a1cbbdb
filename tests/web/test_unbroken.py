"""Short code names and codes stay in one piece in cells of tables."""

import pytest
from flask import Flask, render_template_string
from markupsafe import Markup

from aidnet.web.context import unbroken

ONE = '<span class="nowrap">{}</span>'


@pytest.mark.parametrize("name", ["S-01", "D-7K3Q", "D-7K3Q-9XMT", "s-7"])
def test_a_name_is_kept_in_one_piece_wherever_it_stands(name: str) -> None:
    kept = ONE.format(name)
    assert unbroken(name) == kept
    assert unbroken(f"Group {name}, north", "<div>{}</div>") == f"<div>Group {kept}, north</div>"
    link = '<a href="/x/{}">{}</a>'
    assert unbroken(Markup(link).format(name, name)) == link.format(name, kept)  # noqa: S704


@pytest.mark.parametrize(
    "text",
    ["", None, 5, "Hub", "self-organised", "a-", "-5", "a-very-long-code-name", "north-side", "A-1-2-3", "x_y-1", "OFL-1.1"],
)
def test_what_is_long_or_no_name_breaks_as_it_did(text: object) -> None:
    assert unbroken(text, "<div>{}</div>") == text


@pytest.mark.parametrize(
    "html",
    [
        '<a class="code" href="/x">D-7K3Q</a>',
        "<select><option>S-01</option></select>",
        "<textarea>S-01</textarea>",
        "<svg><text>S-01</text></svg>",
        '<input value="S-01">',
    ],
)
def test_what_is_marked_or_plain_already_is_left_alone(html: str) -> None:
    assert unbroken(Markup(html)) == html  # noqa: S704


def test_what_is_not_html_stays_text() -> None:
    assert unbroken("<b>S-01</b> & {0}") == f"&lt;b&gt;{ONE.format('S-01')}&lt;/b&gt; &amp; {{0}}"


def test_every_cell_of_a_table_does_so(app: Flask) -> None:
    page = """{% import "components/table.html" as t %}{{ t.lead("S-01") }}{{ t.td("To", "S-02") }}
    {%- call t.lead() %}<b>S-03</b>{% endcall %}{% call t.td("To") %}of S-04{% endcall %}{{ t.td("To", "") }}{{ t.td("To", 3) }}"""
    with app.test_request_context():
        html = render_template_string(page)
    for number in range(1, 5):
        assert ONE.format(f"S-0{number}") in html
    assert f'data-label="To"><div>of {ONE.format("S-04")}</div></td>' in html
    assert 'class="blank" data-label="To"></td><td data-label="To">3</td>' in html
