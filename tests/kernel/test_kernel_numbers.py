"""Check digits, barcodes and the numbers of devices: laws, and every kind of spreadsheet damage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.kernel.barcode import Barcode, BarcodeCheck
from scld_core.kernel.checksum import luhn_digit, luhn_valid
from scld_core.kernel.devices import Iccid, Imei, Line, Msisdn

digits = st.text("0123456789", min_size=1, max_size=24)
imeis = st.text("0123456789", min_size=14, max_size=14).map(lambda body: body + luhn_digit(body))
iccids = st.integers(16, 18).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n)).map("89".__add__)
msisdns = st.tuples(st.sampled_from("23456789"), st.text("0123456789", min_size=9, max_size=9)).map(
    lambda parts: "1" + "".join(parts)
)


def _oracle(number: str) -> bool:
    """Modulus 10 the other way round: double from the left, add the digits of the products as text."""
    weights = [2 if (len(number) - place) % 2 == 0 else 1 for place in range(len(number))]
    return sum(sum(map(int, str(int(d) * w))) for d, w in zip(number, weights, strict=True)) % 10 == 0


@given(digits)
def test_a_completed_number_is_valid_and_agrees_with_an_oracle(body):
    """The digit computed completes the number, and no other digit does."""
    valid = [d for d in "0123456789" if luhn_valid(body + d)]
    assert valid == [luhn_digit(body)] == [d for d in "0123456789" if _oracle(body + d)]


@given(digits, st.data())
def test_every_single_wrong_digit_is_found(body, data):
    """Changing one digit of a valid number makes it invalid."""
    number = body + luhn_digit(body)
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    assert not luhn_valid(number[:place] + other + number[place + 1 :])


def test_a_number_without_a_body_is_not_valid():
    """A lone digit and nothing at all have no check digit."""
    assert not luhn_valid("0")
    assert not luhn_valid("")


@given(st.sampled_from("23"), st.text("0123456789", min_size=12, max_size=12))
def test_a_library_barcode_is_checked_by_its_last_digit(kind, body):
    """A 14-digit number of kind 2 or 3 is valid with one last digit and wrong with the nine others."""
    results = [Barcode(kind + body + d).check for d in "0123456789"]
    assert results.count(BarcodeCheck.VALID) == 1
    assert results.count(BarcodeCheck.WRONG_CHECK_DIGIT) == 9


@pytest.mark.parametrize("text", ["1" * 14, "2" * 13, "2" * 15, "B0012345678901"])
def test_a_number_of_another_scheme_is_said_to_be_one(text):
    """Other lengths, kinds and letters are neither right nor wrong here."""
    assert Barcode(text).check is BarcodeCheck.OTHER_SCHEME


@given(st.text("0123456789ABCabc", min_size=1, max_size=32))
def test_a_barcode_keeps_what_was_scanned(text):
    """Text and value are each other's inverse, whatever white space the scanner adds."""
    assert str(Barcode.parse(f" {text}\r\n")) == text
    assert Barcode.parse(str(Barcode(text))) == Barcode(text)


@pytest.mark.parametrize("bad", ["", " ", "12 34", "12-34", "٣" * 14, "2" * 33, 29082000123450, None])
def test_what_no_scanner_gives_is_refused(bad):
    """Blank, separated, non-ASCII, overlong and non-text numbers are refused."""
    with pytest.raises(InvalidValue, match=r"Barcode\.number"):
        Barcode(bad)


@given(imeis)
def test_an_imei_survives_the_separators_that_vendors_print(number):
    """Spaces and dashes do not change which device is meant."""
    spaced = f"{number[:2]}-{number[2:8]} {number[8:14]}-{number[14]}"
    assert Imei.parse(spaced) == Imei(number) == Imei.parse(str(Imei(number)))


@given(imeis, st.integers(1, 8))
def test_lost_zeros_are_never_filled_in(number, lost):
    """A shorter number is refused with the hint that digits are lost."""
    with pytest.raises(InvalidValue, match="leading zero"):
        Imei.parse(number[lost:])


def test_an_imeisv_is_not_cut_down_to_an_imei():
    """Sixteen digits are refused and called by their name."""
    with pytest.raises(InvalidValue, match="IMEISV"):
        Imei.parse("3" * 16)


@given(imeis, st.data())
def test_an_imei_with_a_wrong_digit_is_refused(number, data):
    """The check digit guards every other digit."""
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != number[-1]]))
    with pytest.raises(InvalidValue, match="check digit"):
        Imei(number[:-1] + wrong)


@pytest.mark.parametrize("kind", [Imei, Iccid, Msisdn])
@pytest.mark.parametrize("text", ["3.56938E+14", "8,91E19", " 1e10 ", "1E+05"])
def test_scientific_notation_is_refused_as_spreadsheet_damage(kind, text):
    """What a spreadsheet rounded cannot be repaired, and the text says so."""
    with pytest.raises(InvalidValue, match="spreadsheet damage"):
        kind.parse(text)


@pytest.mark.parametrize("kind", [Imei, Iccid, Msisdn])
@pytest.mark.parametrize("text", ["", "   ", "n/a", "12O456", '="1234"', "\uff11\uff12\uff13", "F"])
def test_anything_but_digits_is_refused(kind, text):
    """Words, formulas, look-alikes and other scripts' digits are refused."""
    with pytest.raises(InvalidValue, match="digits"):
        kind.parse(text)


@given(iccids, st.sampled_from(["", "F", "f"]))
def test_an_iccid_is_read_with_or_without_its_filler(number, filler):
    """One filler F at the end belongs to the print, not to the number."""
    assert Iccid.parse(f" {number[:4]} {number[4:]}{filler} ") == Iccid(number)


@pytest.mark.parametrize("bad", ["88" + "0" * 17, "89" + "0" * 15, "89" + "0" * 19, 8914800000000000000, None])
def test_a_sim_number_of_wrong_prefix_length_or_kind_is_refused(bad):
    """18 to 20 digits that start with 89, as text, and nothing else."""
    with pytest.raises(InvalidValue):
        Iccid(bad)


@given(msisdns)
def test_a_telephone_number_is_one_number_however_it_is_written(number):
    """With or without country code, plus sign and separators it is the same."""
    forms = (number, "+" + number, number[1:], f"+1 {number[1:4]}-{number[4:7]}-{number[7:]}")
    assert {Msisdn.parse(form) for form in forms} == {Msisdn(number)}
    assert str(Msisdn(number)) == number


@pytest.mark.parametrize("bad", ["10095550123", "2065550123", "120655501234", 12065550123, None])
def test_a_number_outside_the_north_american_plan_is_refused(bad):
    """Wrong area code, missing country code, wrong length and wrong kind are refused."""
    with pytest.raises(InvalidValue):
        Msisdn(bad)


@given(imeis, iccids)
def test_a_line_is_named_by_device_and_sim(imei, iccid):
    """Staff compare both numbers, so both are shown."""
    shown = str(Line(Imei(imei), Iccid(iccid)))
    assert imei in shown
    assert iccid in shown


@given(st.lists(imeis.map(Imei), max_size=8))
def test_numbers_sort_as_their_digits(values):
    """Lists come out in the same order on every machine, and equal numbers are one in a set."""
    assert [v.digits for v in sorted(values)] == sorted(v.digits for v in values)
    assert len(set(values)) == len({v.digits for v in values})


@given(st.text(min_size=1))
def test_refusals_never_repeat_the_number(text):
    """An error names class and rule; what was typed could be somebody's number."""
    secret = "canary" + text
    with pytest.raises(InvalidValue) as caught:
        Imei.parse(secret)
    assert "canary" not in str(caught.value)
