"""New card numbers: the next free one of a library's ranges, given once and never again.

A number is reserved in the district's own store before anybody has it. Two processes reserve two numbers;
one that is reserved and not used after all is left out, as is one that is a card in the ILS already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from scld_core import codecs
from scld_core.cards.model import BarcodeRange
from scld_core.kernel.barcode import Barcode
from scld_core.runs.ports import Store

__all__ = ["FORMS", "PLACES", "next_number"]

PLACES = "cards.place"
"""The kind of record of how many numbers of a range are used up, by the range."""

FORMS = "cards.form"
"""The kind of record of the number that was reserved for a form, by the form's name."""


def next_number(
    store: Store, ranges: Iterable[BarcodeRange], *, taken: Callable[[Barcode], bool], form: str = ""
) -> Barcode | None:
    """Reserve the next number that nobody has; None when the ranges are used up.

    `form` names a request: the same one is given the same number again.
    """
    given = _given(store, form)
    if given is not None:
        return given
    for one in ranges:
        while (number := _reserved(store, one)) is not None:
            if not taken(number):
                return _kept(store, form, number)
    return None


def _given(store: Store, form: str) -> Barcode | None:
    if not form:
        return None
    with store.transaction() as unit:
        body = unit.records(FORMS).get(form)
    return None if body is None else codecs.load(Barcode, body)


def _kept(store: Store, form: str, number: Barcode) -> Barcode:
    if not form:
        return number
    with store.transaction() as unit:
        known = unit.records(FORMS).get(form)  # another process may have answered the same form meanwhile
        if known is not None:
            return codecs.load(Barcode, known)
        unit.records(FORMS).put(form, codecs.dump(number))
    return number


def _reserved(store: Store, one: BarcodeRange) -> Barcode | None:
    with store.transaction() as unit:
        body = unit.records(PLACES).get(str(one))
        place = 0 if body is None else codecs.load(int, body)
        number = next(islice(one.numbers(place), 1), None)
        if number is not None:
            unit.records(PLACES).put(str(one), codecs.dump(place + 1))
    return number
