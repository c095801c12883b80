"""The page: whole, safe, readable, and the same each time."""

import base64
import hashlib
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import MissingExtra
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import MASK, Purpose, reveal
from scld_core.reporting import (
    Badge,
    Callout,
    Column,
    Figure,
    Kind,
    Personal,
    Prose,
    Report,
    Section,
    Table,
    Tone,
    write_html,
)

NOW = datetime(2026, 11, 20, 16, 2, tzinfo=UTC)
VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """What a browser would see: elements in order, text by element, and whether every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    def said(self, *tags):
        return [data for tag, data in self.texts if tag in tags]


def report(text="plain", *, personal=None):
    cells = {
        Kind.TEXT: text,
        Kind.ID: Prose((text, text), (text,), (text,)),
        Kind.NUMBER: 12345,
        Kind.MONEY: Money(-123450),
        Kind.INSTANT: NOW,
        Kind.BADGE: Badge(f"b{text}", Tone.BAD),
        Kind.TICK: True,
    }
    columns = tuple(Column(f"{kind.value} {text}", kind, names_row=kind is Kind.TEXT) for kind in cells)
    table = Table(f"t{text}", columns, (tuple(cells.values()), (None,) * len(cells), (personal,) * len(cells)))
    return Report(
        f"r{text}",
        f"d{text}",
        date(2026, 11, 20),
        NOW,
        ZoneInfo("America/Los_Angeles"),
        subtitle=text,
        figures=(
            Figure(f"f{text}", 0, Tone.GOOD, text),
            Figure(f"g{text}", f"v{text}", section="one"),
            Figure("h", 3, hint=text),
        ),
        callouts=(Callout(f"c{text}", Tone.ATTENTION, text), Callout("without a title")),
        sections=(
            Section("one", f"s{text}", text, (table,)),
            Section("two", "Two", "", (table, evolve(table, rows=()), table), (f"n{text}",)),
            Section("three", "Three", empty=f"e{text}"),
            Section("four", "Four", empty="never shown", notes=("a note",)),
        ),
        footer=(f"o{text}",),
    )


def sheet():
    return (files("scld_core.reporting") / "templates" / "report.css").read_text(encoding="utf-8")


def test_the_page_is_whole_and_loads_nothing():
    """One file is the whole page: every tag closed, no script, no address but its own anchors."""
    page = Page(write_html(report()))
    assert page.open == []
    assert not [tag for tag, _ in page.elements if tag in ("script", "link", "img", "iframe", "form", "object")]
    addresses = [value for _, attrs in page.elements for name, value in attrs.items() if name in ("src", "href")]
    assert addresses
    assert all(address.startswith("#") for address in addresses)
    assert "url(" not in sheet()
    assert "@import" not in sheet()
    assert {a["href"][1:] for a in page.all("a")} <= {attrs.get("id") for _, attrs in page.elements}
    assert not [attrs for _, attrs in page.elements if "style" in attrs or any(n.startswith("on") for n in attrs)]


def test_the_content_policy_allows_exactly_the_style_sheet_in_the_page():
    """Nothing else may run or load even if it got in; the hash is of the style element's own text."""
    page = Page(write_html(report()))
    (style,) = page.said("style")
    (policy,) = (m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "</style><script>alert(1)</script>",
            "<b onload=x>",
            "&lt;",
            '"><img src=x>',
            "{{ 7*7 }}",
            "{% raw %}",
            "\0\ud800\x1b[31m",
            "a\nb",
        ]
    ),
)


@given(HOSTILE)
def test_no_text_of_a_report_becomes_markup(text):
    """The page of any text has the elements of the page of plain text, and stores as UTF-8."""
    html = write_html(report(f"x{text}"))
    html.encode("utf-8")
    page, plain = Page(html), Page(write_html(report("x")))
    shape = [(tag, sorted(attrs)) for tag, attrs in page.elements]
    assert shape == [(tag, sorted(attrs)) for tag, attrs in plain.elements]


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1, max_size=20))
def test_every_text_of_a_report_is_on_the_page(text):
    """What the report says, the page says: in headings, cells, notes, callouts, figures and footer."""
    page = Page(write_html(report(f"x{text}")))
    said = " ".join(data for _, data in page.texts)
    for mark in ("f", "g", "v", "c", "s", "n", "e", "o", "b", "r", "d"):
        assert f"{mark}x{text}" in said
    assert said.count(f"x{text}") >= 11 + 3 * 4  # each of the three tables repeats four cells of text
    assert "never shown" not in said


def test_equal_reports_give_equal_pages():
    """A page made again from the same report is the same, byte for byte."""
    assert write_html(report("same")) == write_html(report("same"))


def test_personal_cells_are_masked_unless_each_carries_its_audit_line():
    """The writer shows a tagged cell only with the proof that its reveal was recorded."""
    hidden = Personal("Ada Synthetic")
    assert "Ada" not in write_html(report(personal=hidden))
    assert write_html(report(personal=hidden)).count(MASK) == 3 * len(Kind)
    lines = []
    why = Purpose.PATRON_REQUEST
    value = reveal(hidden, "value", actor="jdoe", purpose=why, record="main:p1", audit=lines.append)
    assert "Ada Synthetic" in write_html(report(personal=Personal(value, lines[0])))


def test_headings_tables_and_badges_can_be_heard():
    """One h1, titled sections, captions, scopes and row names; a tone is a word too, a box has a name."""
    page = Page(write_html(report()))
    assert len(page.all("h1")) == 1
    ids = {attrs.get("id") for _, attrs in page.elements}
    assert all(section["aria-labelledby"] in ids for section in page.all("section"))
    assert len(page.all("table")) == len(page.all("caption")) == 3
    assert all(th.get("scope") in ("col", "row") for th in page.all("th"))
    assert sum(th["scope"] == "row" for th in page.all("th")) == 3 * 3
    assert all(attrs.get("aria-label") for _, attrs in page.elements if attrs.get("role") in ("img", "region"))
    assert page.all("html") == [{"lang": "en"}]
    assert all(time["datetime"].endswith("+00:00") for time in page.all("time"))
    assert "Fri Nov 20, 8:02 AM PST" in page.said("time")


def palettes():
    """The custom properties of each scheme; what a scheme does not set, it takes over from the light one."""
    blocks = re.findall(r":root \{([^}]*)\}", sheet())
    found = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks]
    return [{**found[0], **colours} for colours in found]


def contrast(one, other):
    """The contrast ratio of WCAG 2.1."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_text_has_contrast_in_light_dark_and_print():
    """Every pair of text and ground that the sheet uses reaches 4.5 to 1 (WCAG 2.1 AA) in each scheme."""
    assert len(palettes()) == 3
    for colours in palettes():
        pairs = [("ink", "sheet"), ("soft", "sheet"), ("link", "sheet")]
        for tone in ("good", "attention", "bad", "neutral"):
            pairs += [(tone, "sheet"), (tone, f"{tone}-wash"), ("ink", f"{tone}-wash")]
        for text, ground in pairs:
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


def test_without_jinja2_the_error_names_the_extra(monkeypatch):
    """A missing library is a sentence with the command, never an ImportError."""
    monkeypatch.delitem(sys.modules, "scld_core.reporting._jinja2", raising=False)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtra, match=r"pip install 'scld\[html\]'"):
        write_html(report())


def test_reports_are_values_without_jinja2():
    """Importing the reporting room loads no optional library."""
    code = "import sys, scld_core.reporting; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
