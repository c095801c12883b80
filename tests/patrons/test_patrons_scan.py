"""Card numbers as scanners send them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.kernel.barcode import Barcode, BarcodeCheck, read_scan


@pytest.mark.parametrize(
    ("sent", "number", "letters"),
    [
        ("A29082000123450B", "29082000123450", ("A", "B")),
        ("a29082000123450d\r\n", "29082000123450", ("a", "d")),
        ("29082000123450", "29082000123450", ("", "")),
        ("A29082000123450", "A29082000123450", ("", "")),
        ("E29082000123450B", "E29082000123450B", ("", "")),
        ("AB12CD", "AB12CD", ("", "")),
        ("123456789012", "123456789012", ("", "")),
        ("1234567890123456", "1234567890123456", ("", "")),
    ],
)
def test_start_and_stop_letters_are_taken_off_and_said(sent, number, letters):
    """Only letters of Codabar on both ends of digits are taken off, and the answer says which."""
    scan = read_scan(sent)
    assert (scan.number, (scan.start, scan.stop), scan.framed) == (Barcode(number), letters, bool(letters[0]))


@given(st.from_regex(r"[0-9]{1,30}", fullmatch=True), st.sampled_from("ABCDabcd"), st.sampled_from("ABCDabcd"))
def test_framing_a_number_and_reading_it_gives_the_number(number, start, stop):
    """Round trip for every number and both letters; reading again changes nothing."""
    scan = read_scan(f"{start}{number}{stop}")
    assert scan.number == read_scan(number).number == Barcode(number)


@pytest.mark.parametrize("length", [12, 16])
def test_other_lengths_are_another_scheme(length):
    """A card of 12 or 16 digits is a card, and no mistake."""
    assert read_scan("2" * length).number.check is BarcodeCheck.OTHER_SCHEME


@pytest.mark.parametrize("sent", ["", "A-B", "2908 2000"])
def test_what_is_no_number(sent):
    """What no scanner sends is refused without being repeated."""
    with pytest.raises(InvalidValue):
        read_scan(sent)
