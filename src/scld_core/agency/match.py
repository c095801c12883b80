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
from collections.abc import Iterable

from scld_core.agency.files import SEPARATOR, PlainRow
from scld_core.agency.held import Held

__all__ = ["FINGERPRINT", "Matcher", "numbers", "tag_of"]

FINGERPRINT = 0xFFFFFFFF
"""The part of a tag that is a fingerprint of the row; the rest is its line."""

_OWNED = -(1 << 62)


def numbers(cards: str) -> list[str]:
    """The numbers of a plain row's cards, blanks left out."""
    return [number for number in cards.split(SEPARATOR) if number]


def tag_of(row: PlainRow) -> int:
    """What is remembered of a row that nobody else knows: its line, and a fingerprint of the rest."""
    return row[0] << 32 | (hash(row[2]) ^ (row[3] << 1 | row[6])) & FINGERPRINT


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
        self.hits: list[set[int]] = []
        self.sent_hits: list[set[int]] = []
        self.again: dict[str, list[PlainRow]] = {}
        self.owners: dict[int, str] = {}  # patrons of the quick rows without a record number at the agency
        self.named: set[int] = set()  # positions in `held` whose record number is a patron's
        self._sent_named: set[int] = set()
        self._lines = array("I", bytes(4 * held.size))
        self._fees = array("q", bytes(8 * held.size))
        # Positions in `sent` of quick rows, counted from 1.
        self._partners = array("I", bytes(4 * held.size)) if sent is not None else None
        self._quick_sent: dict[int, int] = {}
        self._odd_cards: dict[int, str] = {}  # cards of quick rows that are not just the agency's card
        self._seen: dict[str, int] = {}
        self._weak: list[tuple[int, int, int]] = []
        self._least, self._highest = fees
        self._closely = closely

    # The pass over the ILS.

    def take(self, rows: Iterable[PlainRow]) -> None:
        """Take rows of the ILS; this loop is where the time goes."""
        known, by_patron, by_card = self.held.by_patron, self.held.by_patron.get, self.held.by_card.get
        calm, claims, balances = self.held.calm, self.held.claims, self.held.balances
        quick, lines, fees = self.quick, self._lines, self._fees
        least, highest, quickly, remember = self._least, self._highest, not self._closely, self._seen.setdefault
        alone = self.sent is None
        for row in rows:
            line, patron, cards, balance, flagged, fee, exempt = row
            place, other = by_patron(patron, -1), by_card(cards, -1)
            if place < 0 and other < 0:
                if (
                    not (flagged or fee)
                    and quickly
                    and ((alone and SEPARATOR not in cards and cards not in known) or self._unknown(patron, cards))
                ):
                    tag = line << 32 | (hash(cards) ^ (balance << 1 | exempt)) & FINGERPRINT
                    if remember(patron, tag) is tag:
                        self.not_referred += 1
                    else:
                        self.again.setdefault(patron, []).append(row)
                    continue
            elif flagged and not exempt and least <= fee <= highest and quickly:
                at = place if place >= 0 else other
                if (
                    balance == balances[at]
                    and calm[at]
                    and not claims[at]
                    and ((alone and place == other and cards not in known) or self._plainly(at, patron, cards))
                ):
                    quick[at] = claims[at] = 1
                    lines[at], fees[at] = line, fee
                    continue
            self._keep(row)

    def _unknown(self, patron: str, cards: str) -> bool:
        """Whether no other side has anything under these numbers."""
        return not any(
            number in side.by_card or number in side.by_patron or patron in side.by_patron
            for side in (self.held, self.sent)
            if side is not None
            for number in cards.split(SEPARATOR)
        )

    def _plainly(self, at: int, patron: str, cards: str) -> bool:
        """Whether position `at` is the patron's alone, and nothing else is; if so, what is odd is noted."""
        held, several = self.held, cards.split(SEPARATOR)
        by_card_only = held.patrons[at] != patron
        if by_card_only and (held.patrons[at] or patron in self._seen):
            return False
        if any(held.by_card.get(number, at) != at or held.by_patron.get(number, at) != at for number in several):
            return False
        if self.sent is not None and not self._plainly_sent(at, patron, several):
            return False
        if by_card_only:
            self._seen[patron] = _OWNED
            self.owners[at] = patron
        if cards != held.cards[at]:
            self._odd_cards[at] = cards
        return True

    def _plainly_sent(self, at: int, patron: str, several: list[str]) -> bool:
        sent = self.sent
        assert sent is not None and self._partners is not None  # noqa: S101, PT018 - see the caller
        place = sent.by_patron.get(patron, -1)
        if place < 0 or sent.claims[place] or place in sent.shared or place in sent.unread:
            return False
        if any(
            sent.by_card.get(number, place) != place or sent.by_patron.get(number, place) != place for number in several
        ):
            return False
        sent.claims[place] = 1
        self._partners[at] = place + 1
        self._quick_sent[place] = at
        return True

    def _keep(self, row: PlainRow) -> None:
        """Keep a row that needs a closer look, with everything the other sides have under its numbers."""
        patron, held = row[1], self.held
        if self.knows(patron):
            self.again.setdefault(patron, []).append(row)
            return
        index = self._append(row)
        several = numbers(row[2])
        own = held.with_patron(patron)
        self.named.update(own)
        strong = {*own, *(at for number in several for at in held.with_card(number))}
        for at in strong:
            if self.quick[at]:
                self.revive(at)
            held.claim(at)
        self.hits[index] = strong
        self._weak += [(0, index, at) for number in several for at in held.with_patron(number) if at not in strong]
        if self.sent is not None:
            self._keep_sent(self.sent, index, patron, several)

    def _keep_sent(self, sent: Held, index: int, patron: str, several: list[str]) -> None:
        own = sent.with_patron(patron)
        self._sent_named.update(own)
        strong = {*own, *(at for number in several for at in sent.with_card(number))}
        for at in strong:
            self.revive_sent(at)
            sent.claim(at)
        self.sent_hits[index] = strong
        self._weak += [(1, index, at) for number in several for at in sent.with_patron(number) if at not in strong]

    def _append(self, row: PlainRow) -> int:
        self.kept.append(row)
        self.hits.append(set())
        self.sent_hits.append(set())
        self._seen[row[1]] = -len(self.kept)
        return len(self.kept) - 1

    # Quick rows after all.

    def quick_row(self, at: int) -> PlainRow:
        """The row of the ILS that is a plain match of position `at`."""
        held = self.held
        patron, cards = held.patrons[at] or self.owners[at], self._odd_cards.get(at, held.cards[at])
        return self._lines[at], patron, cards, held.balances[at], True, self._fees[at], False

    def quick_partner(self, at: int) -> int:
        """The position in `sent` of a quick row, -1 for none."""
        return self._partners[at] - 1 if self._partners is not None else -1

    def revive(self, at: int) -> int:
        """Keep a quick row after all, since something else has a number of it; its place among the kept."""
        index = self._append(self.quick_row(at))
        partner = self.quick_partner(at)
        self.quick[at] = 0
        self.owners.pop(at, None)
        self.hits[index] = {at}
        if self.held.patrons[at]:
            self.named.add(at)
        if partner >= 0:
            self._sent_named.add(partner)
            self.sent_hits[index] = {partner}
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

    def withdraw(self, patron: str) -> PlainRow | int:
        """Take back the first row of a patron who stands twice: the row, or the tag of one that nobody knows.

        A tag has the row's line, and a fingerprint of its cards, balance and exemption.
        """
        found = self._seen.get(patron, _OWNED)
        if found >= 0:
            self.not_referred -= 1
            return found
        if found == _OWNED:
            place = self.held.by_patron.get(patron, -1)
            found = -1 - self.revive(
                place if place >= 0 else next(at for at, name in self.owners.items() if name == patron)
            )
        index = -1 - found
        row = self.kept[index]
        assert row is not None  # noqa: S101 - each patron is withdrawn once
        self.kept[index] = None
        for at in self.hits[index]:
            self.held.release(at)
        for at in self.sent_hits[index]:
            if self.sent is not None:
                self.sent.release(at)
        return row

    def restore(self, row: PlainRow) -> None:
        """Take a row again whose patron was withdrawn."""
        del self._seen[row[1]]
        self._keep(row)

    def settle(self, named: Iterable[int] = (), sent_named: Iterable[int] = ()) -> None:
        """Give each account whose record number no patron has to those who have it among their cards.

        `named` and `sent_named` are positions whose record number is that of a row which cannot be used.
        """
        taken = (self.named | set(named), self._sent_named | set(sent_named))
        for side, index, at in self._weak:
            held, hits = ((self.held, self.hits), (self.sent, self.sent_hits))[side]
            quick = self.quick[at] if side == 0 else at in self._quick_sent
            if held is not None and self.kept[index] is not None and at not in taken[side] and not quick:
                hits[index].add(at)
                held.claim(at)
