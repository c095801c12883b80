"""What a scanner or a keyboard sent, and whose card it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import field, frozen

from scld_core.errors import BadInput, NotFound
from scld_core.kernel.barcode import Barcode, BarcodeCheck, Scan, read_scan
from scld_core.kernel.decision import Reason
from scld_core.kernel.ids import PatronId
from scld_core.kernel.validate import each, instance, optional
from scld_core.patrons.person import Patron

__all__ = ["REASONS", "Lookup", "looked", "whose"]

REASONS = {
    "letters_taken_off": "The scanner left its start and stop letters {letters} on; they were taken off.",
    "wrong_check_digit": "The check digit is wrong: scan the card again, or read the number aloud.",
    "other_scheme": "A number of {length} signs is not of the 14-digit scheme; it may be another library's card.",
    "item_number": "The number begins with 3: it is an item's and no card's.",
    "former_card": "This card was replaced; the patron has a newer one.",
    "nobody": "No patron has this card, and none had it before.",
}
"""What there is to say about a scanned number."""


@frozen
class Lookup:
    """The patron whose card was scanned, None for nobody, and what there is to say about the number."""

    patron: Patron | None = field(validator=optional(instance(Patron)))
    reasons: tuple[Reason, ...] = field(default=(), validator=each(instance(Reason)))


def looked(scan: Scan, patron: Patron | None) -> Lookup:
    """What a scanned number says, and whose it is."""
    return Lookup(patron, tuple(Reason(code, params, "patrons") for code, params in _said(scan, patron)))


def _said(scan: Scan, patron: Patron | None) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    if scan.framed:
        yield "letters_taken_off", (("letters", f"{scan.start} and {scan.stop}"),)
    check = scan.number.check
    if check is BarcodeCheck.WRONG_CHECK_DIGIT:
        yield "wrong_check_digit", ()
    elif check is BarcodeCheck.OTHER_SCHEME:
        yield "other_scheme", (("length", str(len(scan.number.number))),)
    elif patron is None and scan.number.number[0] == "3":
        yield "item_number", ()
    if patron is None:
        yield "nobody", ()
    elif patron.card != scan.number:
        yield "former_card", ()


def whose(given: PatronId | str, find: Callable[[Barcode], Patron | None], *, former: bool = False) -> PatronId:
    """The record that is meant by an id, by its text such as ``main:123``, or by a card as it was scanned.

    `find` finds a patron by a number of now or before. NotFound for a card that nobody has; BadInput for one
    that was replaced, which may be in anybody's hands, unless a `former` one does as well.
    """
    if not isinstance(given, str) or ":" in given:
        return PatronId.of(given)
    number = read_scan(given).number
    found = find(number)
    if found is None:
        raise NotFound("patrons", "find", "nobody has this card")
    if not former and any(card.number == number and not card.present for card in found.cards):
        raise BadInput("the card", "was replaced", "Ask for the newer one, or find the patron by name")
    return found.id
