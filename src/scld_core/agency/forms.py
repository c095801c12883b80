"""How amounts and dates are written in a file: exactly as declared, or not read at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from functools import cache

from attrs import field, frozen

from scld_core.codecs.tables import is_damaged
from scld_core.errors import InvalidValue

__all__ = [
    "OLDEST",
    "ZIP_FAULT",
    "DateForm",
    "MoneyForm",
    "amount_reader",
    "amount_text",
    "date_form",
    "date_reader",
    "is_rounded",
    "lost_zero",
]


class MoneyForm(Enum):
    """How an amount is written; anything else in that column is quarantined."""

    PLAIN = "1234.50"
    GROUPED = "1,234.50"


# Numbers that identify.

ZIP_FAULT = "has lost its leading zero: the ZIP codes of that state begin with 0"

_ZERO_STATES = frozenset(("CT", "MA", "ME", "NH", "NJ", "PR", "RI", "VT", "VI"))
_SHORT_ZIP = re.compile(r"[0-9]{3,4}(?:-[0-9]{4})?")


def is_rounded(number: str) -> bool:
    """Whether a spreadsheet has written the number like 2.1234E+13; a plain 12E3 may be a number of somebody's."""
    return not number.isalnum() and is_damaged(number)


def lost_zero(zipcode: str, state: str) -> bool:
    """Whether a ZIP code is too short in a state whose codes all begin with 0."""
    return state.upper() in _ZERO_STATES and bool(_SHORT_ZIP.fullmatch(zipcode))


# Amounts.

_PLAIN = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,2}))?")
_GROUPED = re.compile(r"(-?)((?:0|[1-9][0-9]{0,2})(?:,[0-9]{3}){0,4})\.([0-9]{2})")
_FORMS = {MoneyForm.PLAIN: _PLAIN, MoneyForm.GROUPED: _GROUPED}

_FAULTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)[-+]?(?:nan|inf|infinity)"), "is not a number"),
    (re.compile(r"(?i).*[0-9.]e[-+]?[0-9]+"), "has an exponent: a spreadsheet has rounded it"),
    (re.compile(r".*[$€£¥].*"), "has a currency sign"),
    (re.compile(r"\(.*\)"), "is in parentheses; a credit has a minus sign before it"),
    (re.compile(r".*[0-9]\s*-"), "has its minus sign behind; a credit has it before"),
    (re.compile(r"-?[0-9,]*\.[0-9]{3,}"), "has more than two decimals"),
)


def amount_reader(form: MoneyForm, *, workbook: bool = False) -> Callable[[str], int]:
    """What turns an amount into cents; it raises ValueError whose text says what is wrong with it.

    The cells of a `workbook` are numbers that no longer show how they were written, so there the
    plain form is read as well.
    """
    fullmatch = _FORMS[form].fullmatch

    def read(text: str) -> int:
        found = fullmatch(text) or (_PLAIN.fullmatch(text) if workbook else None)
        if found is None:
            raise ValueError(_amount_fault(text, form))
        sign, whole, part = found.groups()
        cents = int(whole.replace(",", "")) * 100
        if part:
            cents += int(part) if len(part) == 2 else int(part) * 10
        return -cents if sign else cents

    return read


def _amount_fault(text: str, form: MoneyForm) -> str:
    if not text:
        return "is blank"
    for pattern, fault in _FAULTS:
        if pattern.fullmatch(text):
            return fault
    if form is MoneyForm.PLAIN and "," in text:
        return "has a comma, and this column is declared as written like 1234.50"
    return f"is not written like {form.value}"


def amount_text(cents: int, form: MoneyForm) -> str:
    """The amount as this form writes it, always with two decimals."""
    whole, part = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return f"{sign}{whole:,}.{part:02}" if form is MoneyForm.GROUPED else f"{sign}{whole}.{part:02}"


# Dates.

_ISO = "%Y-%m-%d"
_DIRECTIVE = re.compile(r"%(-?[a-zA-Z%])|([^%]+)|(%)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DIGITS = {"Y": "[0-9]{4}", "m": "[0-9]{1,2}", "d": "[0-9]{1,2}", "H": "[0-9]{1,2}", "M": "[0-9]{2}", "S": "[0-9]{2}"}
_SHORT_YEAR = re.compile(r"(?:[0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[- ][A-Za-z]{3})[- /.][0-9]{2}")
_FROM_WORKBOOK = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T[0-9:.]+)?")
OLDEST = 1900
"""An earlier year is one of two digits that something has filled up with zeros."""


@frozen
class DateForm:
    """One declared pattern, ready to read and write dates.

    It is made of ``%Y``, ``%m`` or ``%-m`` (without a leading zero when written), ``%d`` or ``%-d``,
    ``%b`` (Jan), the time's ``%H``, ``%M``, ``%S`` and plain text. A day or month may lack its leading
    zero, unless it touches another number.
    """

    pattern: str
    _regex: re.Pattern[str] = field(repr=False)
    _parts: tuple[str, ...] = field(repr=False)

    def read(self, text: str) -> date:
        """The date, its time of day dropped; ValueError says what is wrong with the text."""
        found = self._regex.fullmatch(text)
        if found is None:
            raise ValueError(_date_fault(text, self.pattern))
        parts = found.groupdict()
        month = _MONTHS.index(parts["b"].title()) + 1 if "b" in parts else int(parts["m"])
        try:
            read = date(int(parts["Y"]), month, int(parts["d"]))
        except ValueError:
            raise ValueError("is no day of the calendar") from None
        if read.year < OLDEST:
            raise ValueError(f"is before {OLDEST}: a year of two digits that something has filled up")
        return read

    def write(self, moment: date | datetime) -> str:
        """The date as the pattern writes it."""
        hour, minute, second = (moment.hour, moment.minute, moment.second) if isinstance(moment, datetime) else (0,) * 3
        words = {
            "%Y": f"{moment.year:04}",
            "%m": f"{moment.month:02}",
            "%d": f"{moment.day:02}",
            "%-m": str(moment.month),
            "%-d": str(moment.day),
            "%b": _MONTHS[moment.month - 1],
            "%H": f"{hour:02}",
            "%M": f"{minute:02}",
            "%S": f"{second:02}",
        }
        return "".join(words.get(part, part) for part in self._parts)


def _date_fault(text: str, pattern: str) -> str:
    if _SHORT_YEAR.fullmatch(text):
        return f"has a year of two digits; it is declared as {pattern}"
    return f"is not written as {pattern}"


@cache
def date_form(pattern: str) -> DateForm:
    """The form of a pattern, the ISO one when it is blank; raises InvalidValue for one that cannot be relied on."""
    shown = pattern or _ISO
    parts = [f"%{found[1]}" if found[1] else found[0] for found in _DIRECTIVE.finditer(shown)]
    used = [part[-1] for part in parts if part.startswith("%")]
    if "y" in used:
        raise InvalidValue("DateForm", "pattern", "must have the year with four digits, %Y")
    if unknown := [part for part in parts if part.startswith("%") and part.lstrip("%-") not in {*_DIGITS, "b"}]:
        raise InvalidValue("DateForm", "pattern", f"has {unknown[0]}, which is none of %Y %m %-m %d %-d %b %H %M %S")
    if len(used) != len(set(used)) or "Y" not in used or "d" not in used or ("m" in used) == ("b" in used):
        raise InvalidValue("DateForm", "pattern", "must have year, month and day once each")
    return DateForm(shown, re.compile("".join(_regexes(parts, exact=not pattern))), tuple(parts))


def _regexes(parts: list[str], *, exact: bool) -> list[str]:
    """One regular expression for each part; numbers that touch have all their digits, or nobody could part them."""
    found: list[str] = []
    for place, part in enumerate(parts):
        if not part.startswith("%"):
            found.append(re.escape(part))
            continue
        letter = part[-1]
        neighbours = parts[max(place - 1, 0) : place] + parts[place + 1 : place + 2]
        touches = any(near.startswith("%") for near in neighbours)
        if letter == "b":
            found.append("(?P<b>(?i:" + "|".join(_MONTHS) + "))")
        elif exact or touches:
            found.append(f"(?P<{letter}>[0-9]{{{4 if letter == 'Y' else 2}}})")
        else:
            found.append(f"(?P<{letter}>{_DIGITS[letter]})")
    return found


def date_reader(pattern: str, *, workbook: bool = False) -> Callable[[str], date | None]:
    """What turns a text into a date, a blank one into None; it raises ValueError that says what is wrong.

    A date cell of a `workbook` arrives in the ISO form whatever it looked like, so that is read too.
    """
    form = date_form(pattern)

    def read(text: str) -> date | None:
        if not text:
            return None
        from_cell = _FROM_WORKBOOK.fullmatch(text) if workbook else None
        return date_form("").read(from_cell[1]) if from_cell else form.read(text)

    return read
