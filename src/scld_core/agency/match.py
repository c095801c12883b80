"""Whose account is whose: by exact key only, in one pass over the ILS.

An account belongs to the patron whose record number it has, and to every patron who has its card; one
whose record number no patron has belongs to the patron who has that number among the cards, as the
number of a merged record or a replaced card. More than one patron is a case for a person. Names are
never looked at.

Most rows are a match or not in collection at all, and these are told apart by a few look-ups and
comparisons of numbers. What is left is kept as it stands until every row was seen.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable

from attrs import frozen

from scld_core.agency.files import SEPARATOR, PlainRow
from scld_core.agency.held import BITS, TAKEN, Held

__all__ = ["First", "Matcher", "numbers"]

_MASK = 0xFFFFFFFF
_BY_CARD = -(1 << 62)


def numbers(cards: str) -> list[str]:
    """The numbers of a plain row's cards, blanks left out."""
    return [number for number in cards.split(SEPARATOR) if number]


@frozen
class First:
    """What is remembered of the row of a patron who stands twice: its line, its numbers, what says the same."""

    line: int
    cards: str
    is_like: Callable[[PlainRow], bool]
    unknown: bool = False


class Matcher:
    """Takes the rows of the ILS and finds for each what the other sides hold of it.

    `held` is the agency's list, or the sent file where there is none; `sent` the sent file beside a
    list. `quick` marks the rows of `held` that are a plain match. `kept` are the other rows of the
    ILS, None for one that was withdrawn, with their positions in `held` and `sent`; `again` those
    whose patron came before. `fees` is the least and the highest referral fee that raises no
    question. With `closely` no row passes without being kept.
    """

    def __init__(
        self, held: Held, sent: Held | None = None, *, fees: tuple[int, int] = (0, 1 << 62), closely: bool = False
    ) -> None:
        self.held, self.sent = held, sent
        self.not_referred = 0
        self.quick = bytearray(held.size)
        self.kept: list[PlainRow | None] = []
        self.hits: list[tuple[int, ...]] = []
        self.sent_hits: list[tuple[int, ...]] = []
        self.again: dict[str, list[PlainRow]] = {}
        self.owners: dict[int, str] = {}  # patrons of the quick rows without a record number at the agency
        self._later: list[PlainRow] = []
        self._named: set[int] = set()  # positions in `held` whose record number is a patron's
        self._sent_named: set[int] = set()
        # Of quick rows: line, fee, a fingerprint of the cards, and the position in `sent` counted from 1.
        self._lines = array("I", bytes(4 * held.size))
        self._fees = array("q", bytes(8 * held.size))
        self._prints = array("I", bytes(4 * held.size))
        self._partners = array("I", bytes(4 * held.size)) if sent is not None else None
        self._quick_sent: dict[int, int] = {}
        self._odd_cards: dict[int, str] = {}  # present cards of quick rows that are not the agency's
        self._revived: dict[int, int] = {}  # rows that were quick first, with the fingerprint of their cards
        self._seen: dict[str, int] = {}
        self._weak: list[tuple[int, int, int]] = []
        self._least, self._highest = fees
        self._closely = closely

    # The pass over the ILS.

    def take(self, rows: Iterable[PlainRow]) -> None:
        """Take rows of the ILS; this loop is where the time goes. `close` follows the last row."""
        held, alone = self.held, self.sent is None
        by_patron, free, hashes, bits, lengths = held.by_patron.get, held.free, held.hashes, held.bits, held.lengths
        quick, lines, fees, prints, claims = self.quick, self._lines, self._fees, self._prints, held.claims
        least, highest, quickly, remember = self._least, self._highest, not self._closely, self._seen.setdefault
        later, carded = self._later.append, bool(held.by_card) and quickly
        for row in rows:
            line, patron, cards, balance, flagged, fee, exempt = row
            place, card = by_patron(patron, -1), hash(cards)
            if place >= 0:
                if (
                    balance == free[place]
                    and flagged
                    and not exempt
                    and least <= fee <= highest
                    and quickly
                    and (
                        (alone and card == hashes[place] and len(cards) not in lengths)
                        or self._plainly(place, patron, cards)
                    )
                ):
                    free[place] = TAKEN
                    quick[place] = claims[place] = 1
                    lines[place], fees[place], prints[place] = line, fee, card & _MASK
                    continue
            elif (
                not (flagged or fee)
                and quickly
                and (
                    (
                        alone
                        and not bits[(card & BITS) >> 3] & 1 << (card & 7)
                        and len(cards) not in lengths
                        and SEPARATOR not in cards
                    )
                    or self._unknown(patron, cards)
                )
            ):
                tag = line << 32 | (card ^ (balance << 1 | exempt)) & _MASK
                if remember(patron, tag) is tag:
                    self.not_referred += 1
                else:
                    self.again.setdefault(patron, []).append(row)
                continue
            elif carded and self._quick_by_card(row):
                continue
            later(row)

    def close(self) -> None:
        """Take what needed a closer look, now that it can be looked up together."""
        rows, self._later = self._later, []
        several = {number for row in rows for number in numbers(row[2])}
        for held in (self.held, self.sent):
            if held is not None:
                held.know(several)
        for row in rows:
            self._keep(row)

    def _unknown(self, patron: str, cards: str) -> bool:
        """Whether it is certain that no other side has anything under these numbers."""
        several = numbers(cards)
        for side in (self.held, self.sent):
            if side is not None and (
                patron in side.by_patron or any(side.perhaps(one) or one in side.by_patron for one in several)
            ):
                return False
        return True

    def _quick_by_card(self, row: PlainRow) -> bool:
        """Whether the present card finds a plain match that has no record number; if so, it is marked."""
        line, patron, cards, balance, flagged, fee, exempt = row
        at = self.held.by_card.get(cards.partition(SEPARATOR)[0], -1)
        if at < 0 or balance != self.held.free[at] or not flagged or exempt or patron in self._seen:
            return False
        if not self._least <= fee <= self._highest or not self._plainly(at, patron, cards):
            return False
        self._seen[patron] = _BY_CARD
        self.owners[at] = patron
        self.held.free[at] = TAKEN
        self.quick[at] = self.held.claims[at] = 1
        self._lines[at], self._fees[at], self._prints[at] = line, fee, hash(cards) & _MASK
        return True

    def _plainly(self, at: int, patron: str, cards: str) -> bool:
        """Whether nothing but position `at` has any of the patron's numbers, and the sent file agrees."""
        held, several = self.held, cards.split(SEPARATOR)
        own = held.hashes[at]
        if any((hash(one) != own and held.perhaps(one)) or held.by_patron.get(one, at) != at for one in several):
            return False
        if self.sent is not None and not self._plainly_sent(self.sent, at, patron, several):
            return False
        if hash(several[0]) != own:
            self._odd_cards[at] = several[0]
        return True

    def _plainly_sent(self, sent: Held, at: int, patron: str, several: list[str]) -> bool:
        place = sent.by_patron.get(patron, -1)
        if place < 0 or sent.claims[place] or place in sent.shared or place in sent.unread:
            return False
        own = sent.hashes[place]
        if any((hash(one) != own and sent.perhaps(one)) or sent.by_patron.get(one, place) != place for one in several):
            return False
        self._pair(sent, at, place)
        return True

    def _pair(self, sent: Held, at: int, place: int) -> None:
        assert self._partners is not None  # noqa: S101 - there is a sent file
        sent.claims[place] = 1
        self._partners[at] = place + 1
        self._quick_sent[place] = at

    def _keep(self, row: PlainRow) -> None:
        """Keep a row that needs a closer look, with everything the other sides have under its numbers."""
        patron = row[1]
        if self.knows(patron):
            self.again.setdefault(patron, []).append(row)
            return
        index = self._append(row)
        several = numbers(row[2])
        self.hits[index] = self._strong(0, self.held, index, patron, several)
        if self.sent is not None:
            self.sent_hits[index] = self._strong(1, self.sent, index, patron, several)

    def _strong(self, side: int, held: Held, index: int, patron: str, several: list[str]) -> tuple[int, ...]:
        """Claim every position that has the record number or a card; older record numbers are noted as weak."""
        own = held.with_patron(patron)
        (self._sent_named if side else self._named).update(own)
        found = {*own, *(at for number in several for at in held.with_card(number))}
        for at in found:
            if side:
                self.revive_sent(at)
            elif self.quick[at]:
                self.revive(at)
            held.claim(at)
        self._weak += [(side, index, at) for number in several for at in held.with_patron(number) if at not in found]
        return tuple(found)

    def _append(self, row: PlainRow) -> int:
        self.kept.append(row)
        self.hits.append(())
        self.sent_hits.append(())
        self._seen[row[1]] = -len(self.kept)
        return len(self.kept) - 1

    # Quick rows after all.

    def quick_row(self, at: int) -> PlainRow:
        """The row of the ILS that is a plain match of position `at`, with no card but the present one."""
        held = self.held
        patron, card = held.patrons[at] or self.owners[at], self._odd_cards.get(at)
        return (
            self._lines[at],
            patron,
            held.card(at) if card is None else card,
            held.balances[at],
            True,
            self._fees[at],
            False,
        )

    def quick_partner(self, at: int) -> int:
        """The position in `sent` of a quick row, -1 for none."""
        return self._partners[at] - 1 if self._partners is not None else -1

    def revive(self, at: int) -> int:
        """Keep a quick row after all, since something else has a number of it; its place among the kept."""
        index = self._append(self.quick_row(at))
        partner = self.quick_partner(at)
        self._revived[index] = self._prints[at]
        self.quick[at] = 0
        self.owners.pop(at, None)
        self.hits[index] = (at,)
        if self.held.patrons[at]:
            self._named.add(at)
        if partner >= 0:
            self._sent_named.add(partner)
            self.sent_hits[index] = (partner,)
            del self._quick_sent[partner]
        return index

    def revive_sent(self, sent: int) -> None:
        """Keep the quick row, if there is one, that has this row of the sent file."""
        if sent in self._quick_sent:
            self.revive(self._quick_sent[sent])

    # When all rows were seen.

    def knows(self, patron: str) -> bool:
        """Whether a row of that patron was taken."""
        place = self.held.by_patron.get(patron, -1)
        return patron in self._seen or (place >= 0 and bool(self.quick[place]))

    def withdraw(self, patron: str) -> First:
        """Take back the first row of a patron who stands twice."""
        found = self._seen.get(patron, _BY_CARD)
        if found >= 0:
            self.not_referred -= 1
            return First(
                found >> 32, "", lambda row: _tag(row) & _MASK == found & _MASK and not row[4] | row[5], unknown=True
            )
        if found == _BY_CARD:
            place = self.held.by_patron.get(patron, -1)
            if place < 0:
                place = next(at for at, name in self.owners.items() if name == patron)
            index = self.revive(place)
        else:
            index = -1 - found
        row = self.kept[index]
        assert row is not None  # noqa: S101 - each patron is withdrawn once
        self.kept[index] = None
        for at in self.hits[index]:
            self.held.release(at)
        if self.sent is not None:
            for at in self.sent_hits[index]:
                self.sent.release(at)
        known = self._revived.get(index)
        if known is None:
            return First(row[0], row[2], lambda other: other[2:] == row[2:])
        return First(row[0], row[2], lambda other: other[3:] == row[3:] and hash(other[2]) & _MASK == known)

    def restore(self, row: PlainRow, *, unknown: bool) -> None:
        """Take a row again whose patron was withdrawn; `unknown` if nobody else knows the patron."""
        if unknown:
            self.not_referred += 1
        else:
            del self._seen[row[1]]
            self._keep(row)

    def settle(self, named: Iterable[int] = (), sent_named: Iterable[int] = ()) -> None:
        """Give each account whose record number no patron has to those who have it among their cards.

        `named` and `sent_named` are positions whose record number is that of a row which cannot be used.
        """
        taken = (self._named | set(named), self._sent_named | set(sent_named))
        for side, index, at in self._weak:
            held, hits = ((self.held, self.hits), (self.sent, self.sent_hits))[side]
            quick = at in self._quick_sent if side else self.quick[at]
            if held is not None and self.kept[index] is not None and at not in taken[side] and not quick:
                hits[index] = tuple({*hits[index], at})
                held.claim(at)


def _tag(row: PlainRow) -> int:
    """What is remembered of a row that nobody else knows: its line, and a fingerprint of the rest."""
    return row[0] << 32 | (hash(row[2]) ^ (row[3] << 1 | row[6])) & _MASK
