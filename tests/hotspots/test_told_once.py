"""A row that cannot be used is told once: by its line, and not again as an item or a line that is missing."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.circulation.model import ItemState
from scld_core.hotspots.model import ServiceState
from scld_core.hotspots.plan import plan_hotspots
from scld_core.kernel.page import Quarantined
from support.hotspots import NOW, facts, inside, item_id, line, ruling

WHOLE = facts(*((inside(n, ItemState.CHECKED_IN), ServiceState.ACTIVE) for n in range(4)))


def without(items=(), lines=(), *, told=True):
    """The facts when these rows of the ILS and of the carrier could not be used; `told`: with what they are about."""
    rows = {
        "ils_row": tuple(
            Quarantined("loans.csv", n + 2, "due: is blank", str(item_id(n)) if told else "") for n in items
        ),
        "carrier_row": tuple(
            Quarantined("lines.csv", n + 2, "Status: is blank", str(line(n).iccid) if told else "") for n in lines
        ),
    }
    return evolve(
        WHOLE,
        items={item: seen for item, seen in WHOLE.items.items() if item not in {item_id(n) for n in items}},
        lines={"carrier": tuple(v for v in WHOLE.lines["carrier"] if v.iccid not in {line(n).iccid for n in lines})},
        quarantined=rows,
    )


@given(st.sets(st.integers(0, 3)), st.sets(st.integers(0, 3)))
def test_each_unusable_row_is_one_exception(items, lines):
    """As many exceptions as rows, whatever they are about, and each names its file, its line and its record."""
    found = plan_hotspots(without(items, lines), ruling(NOW)).exceptions
    assert sorted((row.code, row.subject) for row in found) == sorted(
        [*(("ils_row", f"loans.csv:{n + 2}") for n in items), *(("carrier_row", f"lines.csv:{n + 2}") for n in lines)]
    )
    assert {row.detail for row in found if row.code == "ils_row"} == {f"{item_id(n)}: due: is blank" for n in items}


@pytest.mark.parametrize(("missing", "code"), [({"items": [1]}, "not_in_ils"), ({"lines": [1]}, "not_at_carrier")])
def test_a_row_that_names_nothing_leaves_the_record_missing(missing, code):
    """Nobody knows what the row was about; the device is named besides."""
    found = plan_hotspots(without(**missing, told=False), ruling(NOW)).exceptions
    assert sorted(row.code for row in found) == sorted([code, "ils_row" if code == "not_in_ils" else "carrier_row"])
