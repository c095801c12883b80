"""The reference page says what the declarations say."""

from pathlib import Path

import attrs
import pytest
import sip2_reference

from scld_adapters.sip2.settings import Dialect, Timing

PAGE = (Path(__file__).parents[2] / "docs/reference/sip2.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", sip2_reference.TABLES, ids=lambda table: table.__name__)
def test_the_page_has_the_tables_of_the_declarations(table):
    """Each table of the page is the one that the code gives, to the letter."""
    assert f"\n\n{table()}\n" in PAGE


def test_the_page_has_every_setting_and_its_default():
    """No key of a dialect or of a timing is missing, and the numbers are the defaults."""
    for kind in (Dialect, Timing):
        for key in attrs.fields(kind):
            row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{key.name}` |"))
            if isinstance(key.default, int | float) and not isinstance(key.default, bool):
                assert row.endswith(f"| {key.default:g} |")


def test_the_page_has_the_order_of_bx():
    """The sixteen places of `BX` are on the page, in order."""
    assert f"{sip2_reference.NAMES['bx']}." in PAGE
    for name in (*sip2_reference.NAMES["fines"], *sip2_reference.NAMES["items"]):
        assert f"`{name}`" in PAGE
