"""What holds for every answer and every text: mapping is total, ids open with their key only, nothing is repeated."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from sip2_frames import messages
from sip2_ils import ITEM, PATRON, SETTINGS

from scld_adapters.sip2.errors import BadValue
from scld_adapters.sip2.mapping import (
    CIRCULATION,
    due_instant,
    fee_asked,
    to_circulation,
    to_code,
    to_item,
    to_location,
    to_patron,
    why_refused,
)
from scld_adapters.sip2.messages import make
from scld_adapters.sip2.seal import Seal
from scld_core.kernel.ids import LocationId

AT = datetime(2026, 11, 22, tzinfo=UTC)
ZONE = ZoneInfo("America/Los_Angeles")
TEXTS = st.lists(st.text(st.characters(exclude_characters="\x1f", exclude_categories=["Cs"])), min_size=1, max_size=6)


@given(messages(code="18"))
def test_every_item_is_mapped_or_its_date_is_named(answer):
    """No other exception, whatever a system writes; the state is one of the table's."""
    to_item(answer, ITEM, SETTINGS)
    try:
        seen = to_circulation(answer, ITEM, ZONE, at=AT)
    except BadValue:
        return
    assert seen.item == ITEM
    assert seen.state in {state for state, _ in CIRCULATION.values()}


@given(messages(code="64"))
def test_every_patron_is_mapped_or_the_value_is_named(answer):
    """No other exception, and never another record's id."""
    try:
        seen = to_patron(answer, PATRON, SETTINGS, at=AT)
    except BadValue:
        return
    assert seen.id == PATRON
    assert len({block.reason for block in seen.blocks}) == len(seen.blocks)


@given(messages(code="12"))
def test_every_fee_is_an_amount_or_named(answer):
    """And is asked for before lending only."""
    try:
        fee = fee_asked(answer)
    except BadValue:
        return
    assert fee is None or (fee.cents > 0 and answer.text("ok") == "0")


@given(st.text())
def test_every_due_date_is_read_or_named(text):
    """Total; an instant is read in UTC."""
    try:
        due = due_instant(text, ZONE)
    except BadValue:
        return
    assert (due is None) == (not text.strip())
    assert due is None or due.tzinfo is UTC


@given(TEXTS, st.text(min_size=1), st.text(min_size=1))
def test_an_id_opens_with_its_own_key_only(texts, secret, other):
    """Closed and opened it is the same; another key, or another letter, opens nothing."""
    seal = Seal(secret, "a")
    sealed = seal.close(*texts)
    assert seal.open(sealed) == tuple(texts)
    assert sealed == seal.close(*texts)
    assert Seal(secret, "b").open(sealed) is None
    assert secret == other or Seal(other, "a").open(sealed) is None
    for place in (0, len(sealed) // 2):
        changed = "b" if sealed[place] != "b" else "c"
        assert seal.open(sealed[:place] + changed + sealed[place + 1 :]) is None


@given(st.text())
def test_any_other_text_opens_to_nothing(text):
    """An id that somebody made up."""
    assert Seal("secret").open(text) is None


@given(st.lists(st.text()), st.text(min_size=12))
def test_a_reason_is_always_one_of_our_own_sentences(texts, name):
    """Whatever a system shows to a patron, no word of it is repeated."""
    known = {why_refused([word]) for word in ("expired", "renew", "hold", "fine", "block", "pin", "limit", "lost", "")}
    known |= {why_refused([word]) for word in ("invalid patron", "invalid item", "checked out", "transit")}
    assert why_refused([*texts, name]) in known


@pytest.mark.parametrize("name", ["north-spokane", "cheney"])
def test_a_library_goes_and_comes_back(name):
    """By the settings' code, or by its own name."""
    assert to_location(to_code(LocationId(name), SETTINGS), SETTINGS) == LocationId(name)


def test_the_end_of_a_card():
    """With a time of day or without; what is no day is named."""
    blank = {"patron_status": " " * 14, "language": "000", "transaction_date": "20261122    103809"}
    counts = dict.fromkeys(
        (f"{name}_count" for name in ("hold_items", "overdue_items", "charged_items", "fine_items", "recall_items")),
        "0000",
    )
    named = {"institution_id": "", "patron_identifier": PATRON.local, "personal_name": ""}
    answer = make("64", {**blank, **counts, **named}, unavailable_holds_count="0000")
    for text, day in (("20290704", "2029-07-04"), ("20290704    235900", "2029-07-04")):
        told = to_patron(evolve(answer, fields=(*answer.fields, ("PA", text))), PATRON, SETTINGS, at=AT)
        assert told.expires_on.isoformat() == day
        assert told.contact is None
    for text in ("never", "20291340"):
        with pytest.raises(BadValue):
            to_patron(evolve(answer, fields=(*answer.fields, ("PA", text))), PATRON, SETTINGS, at=AT)
