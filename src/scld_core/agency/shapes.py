"""What the values of a column show by themselves: that they are dates, amounts, card numbers, words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attrs import frozen

from scld_core.agency.forms import MoneyForm, amount_reader, date_form, is_rounded
from scld_core.agency.statuses import STATUS_WORDS

__all__ = ["UNDECIDED", "Dates", "Seen", "look_at"]

UNDECIDED = "?"
"""Written where only a person can decide."""

_DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d", "%d-%b-%Y")
_TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")
_PATTERNS = tuple(day + time for day in _DAYS for time in _TIMES)
_ENOUGH = 0.8  # of the values; the others are bad rows, which are for the quarantine
_CARD = 14
_MOST_WORDS = 25


@frozen
class Dates:
    """The two patterns that read most values; `pattern` is the one that is proven, else UNDECIDED.

    `mixed` says that several must have been used, since each of them alone reads some value.
    """

    pattern: str
    candidates: tuple[str, ...]
    mixed: bool


@frozen
class Seen:
    """What the values of one column look like.

    `filled` counts those that are not blank. `money` is the form that amounts have, `mixed` that they
    have both, `cents` that most show their cents, `dollars` how many have a currency sign. `digits` is
    14 where most are card numbers, `short` counts those with fewer. `words` are the distinct values of
    a column of few short words, in lower case.
    """

    filled: int
    dates: Dates | None
    money: MoneyForm | None
    mixed: bool
    cents: bool
    dollars: int
    digits: int
    short: int
    rounded: int
    words: tuple[str, ...]

    @property
    def known_words(self) -> int:
        """How many of the words are common words for a status."""
        return sum(word in STATUS_WORDS for word in self.words)


def look_at(values: Iterable[str]) -> Seen:
    """What the values that are not blank show."""
    filled = [value for value in values if value]
    commas = sum("," in value and _GROUPED(value) for value in filled)
    bare = sum(_PLAIN(value) and not _GROUPED(value) for value in filled)
    amounts = bool(filled) and _share(filled, lambda value: _PLAIN(value) or _GROUPED(value)) >= _ENOUGH
    lengths = [len(value) for value in filled if value.isdigit()]
    cards = bool(filled) and lengths.count(_CARD) >= _ENOUGH * len(filled)
    return Seen(
        filled=len(filled),
        dates=_dates(list(dict.fromkeys(filled))),
        money=None if not amounts else MoneyForm.GROUPED if commas else MoneyForm.PLAIN,
        mixed=amounts and bool(commas and bare),
        cents=amounts and _share(filled, lambda value: value[-3:-2] == ".") >= _ENOUGH,
        dollars=sum("$" in value for value in filled),
        digits=_CARD if cards else 0,
        short=sum(length < _CARD for length in lengths) if cards else 0,
        rounded=sum(map(is_rounded, filled)),
        words=_words(filled),
    )


def _share(values: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, values)) / len(values) if values else 0.0


def _reads(reader: Callable[[str], object]) -> Callable[[str], bool]:
    def test(value: str) -> bool:
        try:
            reader(value)
        except ValueError:
            return False
        return True

    return test


_PLAIN = _reads(amount_reader(MoneyForm.PLAIN))
_GROUPED = _reads(amount_reader(MoneyForm.GROUPED))


def _dates(values: Sequence[str]) -> Dates | None:
    """A pattern is proven by a value that no other can read, such as one with a day after the 12th."""
    readers = {pattern: _reads(date_form(pattern).read) for pattern in _PATTERNS}
    shares = {pattern: _share(values, reads) for pattern, reads in readers.items()}
    found = sorted((one for one in _PATTERNS if shares[one]), key=lambda one: -shares[one])
    if not found or _share(values, lambda value: any(readers[one](value) for one in found)) < _ENOUGH:
        return None
    best, rivals = found[0], found[1:]
    proven = all(shares[other] < shares[best] for other in rivals)
    mixed = any(readers[other](value) and not readers[best](value) for other in rivals for value in values)
    return Dates(best if proven and not mixed else UNDECIDED, tuple(found[:2]), mixed)


def _words(values: Sequence[str]) -> tuple[str, ...]:
    """The distinct words where they are few and short and come again, as nobody's name does."""
    found = {" ".join(value.casefold().split()) for value in values}
    known = found & set(STATUS_WORDS)
    short = all(len(word) <= 30 and not any(map(str.isdigit, word)) for word in found - known)
    again = len(found) <= len(values) / 2 or bool(known)
    return tuple(sorted(found)) if found and short and again and len(found) <= _MOST_WORDS else ()
