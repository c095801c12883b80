"""What can identify a reader by its shape is taken out of free text, and device numbers stay."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.redact import CARD, MAILBOX, TELEPHONE, redact, without_cards
from support.hotspots import line

_digits = st.text("0123456789", min_size=12, max_size=12)
CARDS = st.builds(
    lambda kind, body: (bare := f"{kind}{body}") + luhn_digit(bare), st.sampled_from("124567890"), _digits
)
AROUND = st.text(st.characters(codec="utf-8") | st.sampled_from("0123456789 -.@+()/:"), max_size=30)
TEXTS = st.lists(
    AROUND | CARDS | st.sampled_from(["509-555-0123", " ", "a@example.org", "+1 509 555 0123", "2 9082 00012 3450"]),
    max_size=6,
).map("".join)


@given(CARDS, AROUND, AROUND)
@example("29082000123450", "5@a.5 ", "")
@example("29082000123450", "29082000123450 ", " 29082000123450")
def test_no_card_survives_in_whatever_text_it_stands(card, before, after):
    """Fourteen digits between anything but digits are gone."""
    assume(not before[-1:].isdigit() and not after[:1].isdigit())
    assert card not in redact(before + card + after)


@given(TEXTS)
@example("5@a.5 2908-2000-1234-50")
def test_a_text_that_was_redacted_stays_as_it_is(text):
    """Redacting twice is redacting once, so that a text may pass several doors."""
    once = redact(text)
    assert redact(once) == once


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("card 29082000123450.", f"card {CARD}."),
        ("id=29082000123450;", f"id={CARD};"),
        ("2 9082 00012 3450 and 29082-00012-3450", f"{CARD} and {CARD}"),
        ("2 9082 00012 3450 2 9082 00012 3451", f"{CARD} {CARD}"),
        ("1908-2000-1234-50", CARD),
        ("ask anne.o'hara+x@example.org now", f"ask {MAILBOX} now"),
        ("anne@localhost", MAILBOX),
        ("call 509-555-0123 or (509) 555-0124", f"call {TELEPHONE} or {TELEPHONE}"),
        ("509 555 0123 509.555.0124", f"{TELEPHONE} {TELEPHONE}"),
        ("+15095550123, +44 (0)20 7946 0958", f"{TELEPHONE}, {TELEPHONE}"),
    ],
)
def test_cards_mailboxes_and_telephones_are_named_by_their_kind(text, left):
    """What was there is still to be seen, who it was is not."""
    assert redact(text) == left


@pytest.mark.parametrize(
    "text",
    [
        str(line(1)),
        f"MSISDN {line(1).msisdn}, 5095550123",
        "8901 2600 0000 0000 00 and 89 01260 00000 00000 0",
        "main:33082000123450 (item 3 3082 00012 3450)",
        "exports/lines-20261005073000.csv",
        "2026-10-05T07:30:00+10:00, 2026-10-05 07:30:00-0700",
        "step a12f45c678901234, HTTP 404, 123-45",
    ],
)
def test_what_an_operator_needs_stays(text):
    """Devices, lines, items, instants and steps are no readers."""
    assert redact(text) == text


def test_the_number_of_a_record_loses_a_card_and_nothing_else():
    """A line is known by its telephone number; a record that is known by a card is not named."""
    assert without_cards("509-555-0123") == "509-555-0123"
    assert without_cards("main:29082000123450") == f"main:{CARD}"


def test_fourteen_digits_that_may_be_an_instant_or_a_card_are_taken_for_a_card():
    """A right check digit decides."""
    body = "2026100507300"
    assert redact(f"lines-{body}{luhn_digit(body)}.csv") == f"lines-{CARD}.csv"
