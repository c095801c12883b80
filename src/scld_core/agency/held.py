"""One side of the comparison, held compactly: an account takes some two hundred bytes, not kilobytes.

Rows stand in columns of machine numbers, their texts in one block of bytes. Record numbers are found
through a dictionary. Cards, which are asked for far more often in vain, are first asked of a table of
bits, and looked for only when that says "perhaps". A row that could not be read but says whose it is
stands among the others without facts.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from scld_core.agency.files import SEPARATOR
from scld_core.agency.model import REPEATS, AccountStatus, AgencyAccount, SentAccount
from scld_core.kernel.page import Quarantined

__all__ = ["BITS", "TAKEN", "Held", "tokens"]

BITS = (1 << 26) - 1
"""Which of a card's hash chooses its bit."""

TAKEN = -1
"""In `free`: no match without a closer look."""

_STATUSES = tuple(AccountStatus)
_CODES = {status: code for code, status in enumerate(_STATUSES)}
_OPEN = _CODES[AccountStatus.OPEN]
_ENDED = (_CODES[AccountStatus.PAID], _CODES[AccountStatus.CLOSED])
_UNREAD = len(_STATUSES)
_SEP = "\0"  # a cell with one is never used


def tokens(quarantined: Quarantined) -> list[str]:
    """The numbers by which an unusable row can be recognised; a blank one says that there may be more."""
    return quarantined.key.split(SEPARATOR)


class Held:
    """The rows of the agency's list or of the sent file, by position; `seal` ends the filling.

    `free[position]` is the balance of a row that can be a match without a closer look (open,
    something owed, active, alone with its numbers), TAKEN for the others and once it has one.
    `claims[position]` counts the ILS rows that have one of its numbers, up to 255. `shared` has the
    positions whose record number or card stands in another row too. `by_card` knows only the rows
    that have no record number; `hashes` has the hash of each card, 0 for none.
    """

    def __init__(self, source: str, limit: int) -> None:
        self.source = source
        self.by_patron: dict[str, int] = {}
        self.by_card: dict[str, int] = {}
        self.patrons: list[str] = []
        self.hashes = array("q")
        self.bits = bytearray((BITS + 1) >> 3)
        self.balances = array("q")
        self.free = array("q")
        self.lines = array("I")
        self.claims = bytearray()
        self.unread: dict[int, Quarantined] = {}
        self.shared: set[int] = set()
        self.lengths: set[int] = set()  # of the record numbers: a card of another length is none of them
        self._same_patron: dict[str, list[int]] = {}
        self._exact: dict[str, list[int]] = {}
        self._perhaps_again: set[str] = set()
        self._codes = bytearray()
        self._listed = array("i")
        self._active = array("i")
        self._texts = bytearray()
        self._ends = array("Q")
        self._least = max(limit, 0)  # what is owed must be above it

    @property
    def size(self) -> int:
        """How many rows are held."""
        return len(self.patrons)

    # Filling.

    def add_accounts(self, rows: Iterable[AgencyAccount]) -> None:
        """Hold the agency's accounts."""
        listed, active, codes, add = self._listed.append, self._active.append, _CODES, self._adder()
        for row in rows:
            since, last = row.listed_on, row.last_activity
            listed(since.toordinal() if since else 0)
            active(last.toordinal() if last else 0)
            add(row, codes[row.status], f"{row.card}\0{row.account}\0{row.name}\0{row.close_reason}")

    def add_sent(self, rows: Iterable[SentAccount]) -> None:
        """Hold what we sent."""
        add = self._adder()
        for row in rows:
            add(row, _OPEN, row.card)

    def add_unread(self, quarantined: Iterable[Quarantined]) -> None:
        """Hold the rows that could not be used under every number by which they can be recognised."""
        add = self._adder()
        for one in quarantined:
            for token in () if one.reason.startswith(REPEATS) else filter(None, tokens(one)):
                self.unread[self.size] = one
                add(SentAccount(one.line, 0, token, token), _UNREAD, token)

    def _adder(self) -> Callable[[AgencyAccount | SentAccount, int, str], None]:
        """What adds one row with its status and texts; a function with everything at hand, for millions of calls."""
        patrons, by_patron, by_card, texts = self.patrons, self.by_patron, self.by_card, self._texts
        bits, hashes, least, doubles = self.bits, self.hashes.append, self._least, self._perhaps_again
        balances, lines, codes = self.balances.append, self.lines.append, self._codes.append
        free, ends, owns = self.free.append, self._ends.append, self.patrons.append

        def add(row: AgencyAccount | SentAccount, code: int, text: str) -> None:
            patron, card, balance, place = row.patron, row.card, row.balance, len(patrons)
            owns(patron)
            balances(balance)
            lines(row.line)
            codes(code)
            free(balance if code == _OPEN and balance > least else TAKEN)
            texts.extend(text.encode("utf-8", "surrogatepass"))
            ends(len(texts))
            if patron and (first := by_patron.setdefault(patron, place)) != place:
                self._same_patron.setdefault(patron, [first]).append(place)
            if not card or SEPARATOR in card:
                hashes(0)
                return
            found = hash(card)
            hashes(found)
            at, bit = (found & BITS) >> 3, 1 << (found & 7)
            if bits[at] & bit:
                doubles.add(card)
            bits[at] |= bit
            if not patron:
                by_card.setdefault(card, place)

        return add

    def seal(self) -> None:
        """Find the rows that have a number in common, after the last row."""
        self.claims = bytearray(self.size)
        self.lengths = set(map(len, self.by_patron))
        self.know(self._perhaps_again)
        for group in self.sharing():
            self.shared.update(group)
            for place in group:
                self.free[place] = TAKEN

    def disturb(self, before: date) -> None:
        """Let nobody pass without a closer look whose last activity was before that day."""
        limit = before.toordinal()
        for place, (listed, active) in enumerate(zip(self._listed, self._active, strict=True)):
            if 0 < (active or listed) < limit:
                self.free[place] = TAKEN

    # Asking.

    def with_patron(self, patron: str) -> list[int]:
        """Positions of the rows that have it as their record number."""
        first = self.by_patron.get(patron)
        return [] if first is None else self._same_patron.get(patron, [first])

    def perhaps(self, card: str) -> bool:
        """Whether a row may have that card; False is certain."""
        found = hash(card)
        return bool(self.bits[(found & BITS) >> 3] & 1 << (found & 7))

    def know(self, cards: Iterable[str]) -> None:
        """Look for these cards in one go, since each look passes all rows."""
        fresh = {card for card in cards if card and self.perhaps(card) and card not in self._exact}
        if not fresh:
            return
        self._exact |= {card: [] for card in fresh}
        wanted = set(map(hash, fresh))
        for place, found in enumerate(self.hashes):
            if found in wanted and (card := self.card(place)) in fresh:
                self._exact[card].append(place)

    def with_card(self, card: str) -> list[int]:
        """Positions of the rows that have that card."""
        if card not in self._exact and self.perhaps(card):
            self.know([card])
        return self._exact.get(card, [])

    def sharing(self) -> Iterator[list[int]]:
        """Positions that have a record number or a card in common."""
        yield from self._same_patron.values()
        yield from (group for card in self._perhaps_again if len(group := self._exact[card]) > 1)

    def is_open(self, place: int) -> bool:
        """Whether the agency still collects there."""
        return self._codes[place] not in _ENDED

    def owes(self, place: int) -> bool:
        """Whether the row says that something is owed."""
        return self.balances[place] > self._least

    def order(self, place: int) -> tuple[int, str]:
        """By which of several ended accounts of one patron the latest is found."""
        return self._active[place] or self._listed[place], self.key(place)

    def card(self, place: int) -> str:
        """The card of a row."""
        return self._text(place)[0]

    def key(self, place: int) -> str:
        """The agency's key of an account; of a row that we sent the number that we sent."""
        found = self._text(place)
        return found[1] if len(found) > 1 else self.patrons[place] or found[0]

    def _text(self, place: int) -> list[str]:
        start = self._ends[place - 1] if place else 0
        return self._texts[start : self._ends[place]].decode("utf-8", "surrogatepass").split(_SEP)

    def account(self, place: int) -> AgencyAccount:
        """The account as it was read."""
        card, key, name, reason = self._text(place)
        listed, active = self._listed[place], self._active[place]
        return AgencyAccount(
            self.lines[place],
            _STATUSES[self._codes[place]],
            self.balances[place],
            key,
            self.patrons[place],
            card,
            name,
            date.fromordinal(listed) if listed else None,
            date.fromordinal(active) if active else None,
            reason,
        )

    def sent(self, place: int) -> SentAccount:
        """The row of the sent file as it was read."""
        return SentAccount(self.lines[place], self.balances[place], self.patrons[place], self.card(place))

    # Who has asked.

    def claim(self, place: int) -> None:
        """One ILS row more has a number of it."""
        self.claims[place] = min(255, self.claims[place] + 1)
        self.free[place] = TAKEN

    def release(self, place: int) -> None:
        """One ILS row less; of that many that they were not counted, none is taken away."""
        if self.claims[place] < 255:
            self.claims[place] -= 1

    def unclaimed(self) -> Iterator[int]:
        """Positions of the rows that were read and that no patron of the ILS has a number of."""
        claims, unread = self.claims, self.unread
        return (place for place in range(self.size) if not claims[place] and place not in unread)

    def unplaced(self, quarantined: Iterable[Quarantined]) -> int:
        """How many of the rows that could not be read fit no patron of the ILS, as far as they can be recognised."""
        placed = {id(one) for place, one in self.unread.items() if self.claims[place]}
        return sum(not one.reason.startswith(REPEATS) and id(one) not in placed for one in quarantined)
