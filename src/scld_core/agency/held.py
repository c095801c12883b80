"""One side of the comparison, held compactly: an account takes a few hundred bytes, not some thousand.

Rows stand in columns of machine numbers; their keys are found through two dictionaries, by patron and
by card. A row that could not be read but says whose it is stands among them without facts.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from datetime import date

from scld_core.agency.files import SEPARATOR
from scld_core.agency.model import REPEATS, AccountStatus, AgencyAccount, SentAccount
from scld_core.kernel.page import Quarantined

__all__ = ["Held", "tokens"]

_STATUSES = tuple(AccountStatus)
_CODES = {status: code for code, status in enumerate(_STATUSES)}
_OPEN = _CODES[AccountStatus.OPEN]
_ENDED = (_CODES[AccountStatus.PAID], _CODES[AccountStatus.CLOSED])
_UNREAD = len(_STATUSES)
_SEP = "\x1f"


def tokens(quarantined: Quarantined) -> list[str]:
    """The numbers by which an unusable row can be recognised; a blank one says that there may be more."""
    return quarantined.key.split(SEPARATOR)


class Held:
    """The rows of the agency's list or of the sent file, by position.

    `calm[position]` is 1 for a row that can be a match without a closer look: open, something owed,
    active, the only one with its numbers. `claims[position]` counts the ILS rows that have one of its
    numbers, up to 255. `shared` has the positions whose patron or card stands in another row too.
    """

    def __init__(self, source: str, limit: int) -> None:
        self.source = source
        self.by_patron: dict[str, int] = {}
        self.by_card: dict[str, int] = {}
        self.patrons: list[str] = []
        self.cards: list[str] = []
        self.balances = array("q")
        self.lines = array("I")
        self.calm = bytearray()
        self.claims = bytearray()
        self.unread: dict[int, Quarantined] = {}
        self.shared: set[int] = set()
        self._more: dict[tuple[bool, str], list[int]] = {}
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
        texts, ends, listed, active, codes = self._texts, self._ends, self._listed, self._active, _CODES
        for row in rows:
            since, last = row.listed_on, row.last_activity
            listed.append(since.toordinal() if since else 0)
            active.append(last.toordinal() if last else 0)
            texts += _SEP.join((row.account, row.name, row.close_reason)).encode("utf-8", "surrogatepass")
            ends.append(len(texts))
            self._add(row.patron, row.card, row.line, row.balance, codes[row.status])

    def add_sent(self, rows: Iterable[SentAccount]) -> None:
        """Hold what we sent."""
        for row in rows:
            self._add(row.patron, row.card, row.line, row.balance, _OPEN)

    def add_unread(self, quarantined: Iterable[Quarantined]) -> None:
        """Hold the rows that could not be used under every number by which they can be recognised."""
        for one in quarantined:
            for token in () if one.reason.startswith(REPEATS) else filter(None, tokens(one)):
                self.unread[self.size] = one
                self._add(token, token, one.line, 0, _UNREAD)

    def _add(self, patron: str, card: str, line: int, balance: int, code: int) -> None:
        place = len(self.patrons)
        self.patrons.append(patron)
        self.cards.append(card)
        self.balances.append(balance)
        self.lines.append(line)
        self._codes.append(code)
        self.calm.append(code == _OPEN and balance > self._least)
        self.claims.append(0)
        if patron and (first := self.by_patron.setdefault(patron, place)) != place:
            self._again(first, place, (True, patron))
        if card and SEPARATOR not in card and (first := self.by_card.setdefault(card, place)) != place:
            self._again(first, place, (False, card))

    def _again(self, first: int, place: int, key: tuple[bool, str]) -> None:
        self._more.setdefault(key, []).append(place)
        self.calm[first] = self.calm[place] = 0
        self.shared.update((first, place))

    def disturb(self, before: date) -> None:
        """Let nobody pass as calm whose last activity was before that day."""
        limit = before.toordinal()
        for place, (listed, active) in enumerate(zip(self._listed, self._active, strict=True)):
            if 0 < (active or listed) < limit:
                self.calm[place] = 0

    # Asking.

    def with_patron(self, patron: str) -> list[int]:
        """Positions of the rows that have it as their patron."""
        return self._found(self.by_patron, patron, by_patron=True)

    def with_card(self, card: str) -> list[int]:
        """Positions of the rows that have it as their card."""
        return self._found(self.by_card, card, by_patron=False)

    def sharing(self) -> Iterator[list[int]]:
        """Positions that have a record number or a card in common."""
        return (self._found(self.by_patron if own else self.by_card, key, by_patron=own) for own, key in self._more)

    def _found(self, keys: dict[str, int], key: str, *, by_patron: bool) -> list[int]:
        first = keys.get(key)
        return [] if first is None else [first, *self._more.get((by_patron, key), ())]

    def is_open(self, place: int) -> bool:
        """Whether the agency still collects there."""
        return self._codes[place] not in _ENDED

    def owes(self, place: int) -> bool:
        """Whether the row says that something is owed."""
        return self.balances[place] > self._least

    def order(self, place: int) -> tuple[int, str]:
        """By which of several ended accounts of one patron the latest is found."""
        return self._active[place] or self._listed[place], self.texts(place)[0]

    def texts(self, place: int) -> list[str]:
        """Account, name and close reason."""
        start = self._ends[place - 1] if place else 0
        return self._texts[start : self._ends[place]].decode("utf-8", "surrogatepass").split(_SEP)

    def account(self, place: int) -> AgencyAccount:
        """The account as it was read."""
        key, name, reason = self.texts(place)
        listed, active = self._listed[place], self._active[place]
        return AgencyAccount(
            self.lines[place],
            _STATUSES[self._codes[place]],
            self.balances[place],
            key,
            self.patrons[place],
            self.cards[place],
            name,
            date.fromordinal(listed) if listed else None,
            date.fromordinal(active) if active else None,
            reason,
        )

    def sent(self, place: int) -> SentAccount:
        """The row of the sent file as it was read."""
        return SentAccount(self.lines[place], self.balances[place], self.patrons[place], self.cards[place])

    def claim(self, place: int) -> None:
        """One ILS row more has a number of it."""
        self.claims[place] = min(255, self.claims[place] + 1)

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
