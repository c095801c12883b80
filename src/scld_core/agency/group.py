"""From what fits what to the cases: everything that belongs together, and whether it can be told whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from scld_core.agency.files import SEPARATOR, PlainRow
from scld_core.agency.held import Held, tokens
from scld_core.agency.match import Matcher, numbers
from scld_core.agency.model import REPEATS
from scld_core.kernel.page import Quarantined

__all__ = ["Draft", "Grouping"]

_SHOWN = 5  # lines named in a reason


class Draft(NamedTuple):
    """One row of the result before it is written out: sort keys, and positions (-1 for none) of its rows.

    `doubt` has the keys among which nobody can tell, `unread` the rows of the same patron that could
    not be read, `history` is true of an ended account beside another one.
    """

    patron: str
    account: str
    row: int = -1
    place: int = -1
    sent: int = -1
    changed: bool = False
    history: bool = False
    doubt: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class Grouping:
    """What a matcher found, sorted into cases once every row was seen.

    `quarantined` are the rows of the ILS that could not be used; patrons who stand twice are added
    to it. `drifting` says that there is no list of the agency, so that the sent rows are its side.
    """

    def __init__(self, matcher: Matcher, quarantined: list[Quarantined], source: str, *, drifting: bool) -> None:
        self.matcher = matcher
        self._held, self._sent, self._drifting = matcher.held, matcher.sent, drifting
        self._unread: dict[int, set[str]] = {}
        self._sent_unread: dict[int, set[str]] = {}
        self._links: dict[int, list[int]] = {}  # what we sent of somebody unknown to the ILS, by account
        self._shared = [[(side, at) for at in ats] for side, held in self._sides() for ats in held.sharing()]
        self._tied = {member for group in self._shared for member in group}
        matcher.close()
        spoiled = self._spoiled(quarantined)
        fresh = list(self._repeated(source, spoiled))
        self.unplaced = sum(not one.reason.startswith(REPEATS) and "" in tokens(one) for one in quarantined)
        quarantined += fresh
        quarantined.sort(key=lambda one: one.line)
        named = self._place(quarantined)
        matcher.settle(*named)
        self._link()

    # Patrons who stand twice.

    def _spoiled(self, quarantined: Iterable[Quarantined]) -> dict[str, list[int]]:
        """Patrons of whom one row is in use and another could not be read: the lines of the latter."""
        found: dict[str, list[int]] = {}
        for one in quarantined:
            patron = tokens(one)[0]
            if patron and not one.reason.startswith(REPEATS) and (self.matcher.knows(patron)):
                found.setdefault(patron, []).append(one.line)
                self.matcher.again.setdefault(patron, [])
        return found

    def _repeated(self, source: str, spoiled: dict[str, list[int]]) -> Iterator[Quarantined]:
        for patron, rows in self.matcher.again.items():
            first = self.matcher.withdraw(patron)
            lines = sorted((first.line, *(row[0] for row in rows)))
            unread = spoiled.get(patron, [])
            if unread or not all(map(first.is_like, rows)):
                everything = sorted((*lines, *unread))
                shown = ", ".join(map(str, everything[:_SHOWN])) + (" and more" if len(everything) > _SHOWN else "")
                reason = f"the same patron_id stands in lines {shown} with different content, so none of them is used"
                known = (one for cards in (first.cards, *(row[2] for row in rows)) for one in numbers(cards))
                key = SEPARATOR.join(dict.fromkeys((patron, *known)))
            else:
                reason, key = f"{REPEATS}{lines[0]}", patron
                self.matcher.restore((lines[0], *rows[0][1:]), unknown=first.unknown)
                lines = lines[1:]
            yield from (Quarantined(source, line, reason, key) for line in lines)

    def _place(self, quarantined: Iterable[Quarantined]) -> tuple[set[int], set[int]]:
        """Note what fits a row of the ILS that cannot be used; gives the positions with its record number."""
        named: tuple[set[int], set[int]] = (set(), set())
        several = {token for one in quarantined for token in tokens(one)}
        for _, side in self._sides():
            side.know(several)
        for one in quarantined:
            for token in () if one.reason.startswith(REPEATS) else filter(None, tokens(one)):
                for held, notes, own in zip(
                    (self._held, self._sent), (self._unread, self._sent_unread), named, strict=True
                ):
                    if held is None:
                        continue
                    own.update(held.with_patron(token))
                    for at in (*held.with_patron(token), *held.with_card(token)):
                        notes.setdefault(at, set()).add(f"{one.source}:{one.line} could not be used: {one.reason}")
        for at in list(self._unread):
            if self.matcher.quick[at]:
                self.matcher.revive(at)
        for at in list(self._sent_unread):
            self.matcher.revive_sent(at)
        return named

    def _link(self) -> None:
        """Join accounts and sent rows that have a number in common where the ILS knows one of them not."""
        if self._sent is None:
            return
        held, sent = self._held, self._sent
        held.know(map(sent.card, sent.unclaimed()))
        sent.know(map(held.card, held.unclaimed()))
        pairs = {(place, at) for at in sent.unclaimed() for place in _sharing(sent, at, held)}
        pairs |= {(place, at) for place in held.unclaimed() for at in _sharing(held, place, sent)}
        for place, at in sorted(pairs):
            if self.matcher.quick[place]:
                self.matcher.revive(place)
            self.matcher.revive_sent(at)
            self._links.setdefault(place, []).append(at)
            self._tied |= {(1, place), (2, at)}

    # What belongs together.

    def drafts(self) -> Iterator[Draft]:
        """A draft for every row of the result but the plain matches."""
        done: set[tuple[int, int]] = set()
        for rows, places, sents in self._clusters():
            done.update((1, at) for at in places)
            done.update((2, at) for at in sents)
            yield from self._cluster(rows, places, sents)
        for side, held in self._sides():
            for at in held.unclaimed():
                if (side, at) not in done:
                    yield from self._cluster([], [at], []) if side == 1 else self._cluster([], [], [at])

    def _clusters(self) -> Iterator[tuple[list[int], list[int], list[int]]]:
        """Rows of the ILS, positions, and positions of the sent file that hang together."""
        matcher = self.matcher
        joined = _Joined()
        for row in range(len(matcher.kept)):
            if matcher.kept[row] is None:
                continue
            hits, sent_hits = matcher.hits[row], matcher.sent_hits[row]
            if self._alone(hits, sent_hits):
                yield [row], sorted(hits), sorted(sent_hits)
            else:
                joined.add([(0, row), *((1, at) for at in hits), *((2, at) for at in sent_hits)])
        for place, sents in self._links.items():
            joined.add([(1, place), *((2, at) for at in sents)])
        for group in self._shared:
            joined.add(group)
        for members in joined.groups():
            rows, places, sents = ([at for kind, at in members if kind == wanted] for wanted in range(3))
            yield rows, places, sents

    def _alone(self, hits: tuple[int, ...], sents: tuple[int, ...]) -> bool:
        """Whether nothing but one row of the ILS hangs on these positions."""
        claims, sent = self._held.claims, self._sent
        if any(claims[at] > 1 or (1, at) in self._tied for at in hits):
            return False
        return sent is None or not any(sent.claims[at] > 1 or (2, at) in self._tied for at in sents)

    def _sides(self) -> list[tuple[int, Held]]:
        return [(side, held) for side, held in ((1, self._held), (2, self._sent)) if held is not None]

    def _cluster(self, rows: list[int], places: list[int], sents: list[int]) -> Iterator[Draft]:
        unread = self._unread_of(places, sents)
        places = [at for at in places if at not in self._held.unread]
        sents = [at for at in sents if self._sent is None or at not in self._sent.unread]
        if rows and (len(rows) > 1 or self._several(places, sents)):
            yield from self._doubtful(rows, places, sents, unread)
            return
        sent = self._one_sent(sents)
        if not rows:
            for at in places:
                mine = self._one_sent(self._links.get(at, []))
                yield Draft("", self._account(at, mine), place=at, sent=mine, unread=unread)
            if sents and not places:
                yield Draft("", self._account(-1, sent), sent=sent, unread=unread)
            return
        if len(places) > 1:
            places.sort(key=self._order, reverse=True)
        main, *past = places or [-1]
        row = rows[0]
        patron, cards = self._kept(row)[1:3]
        changed = main >= 0 and not self._present(main, patron, cards)
        yield Draft(patron, self._account(main, -1), row, main, sent, changed, unread=unread)
        for at in past:
            yield Draft("", self._account(at, -1), row, at, history=True, unread=unread)

    def _unread_of(self, places: list[int], sents: list[int]) -> tuple[str, ...]:
        found: set[str] = set()
        for held, notes, positions in (
            (self._held, self._unread, places),
            (self._sent, self._sent_unread, sents),
        ):
            for at in positions:
                if held is not None and at in held.unread:
                    one = held.unread[at]
                    found.add(f"{one.source}:{one.line} could not be used: {one.reason}")
                found |= notes.get(at, set())
        return tuple(sorted(found))

    def _several(self, places: list[int], sents: list[int]) -> bool:
        """Whether one patron has two accounts in use, or was sent twice."""
        held, sent = self._held, self._sent
        running = held.owes if self._drifting else held.is_open
        return sum(map(running, places)) > 1 or (sent is not None and sum(map(sent.owes, sents)) > 1)

    def _doubtful(
        self, rows: list[int], places: list[int], sents: list[int], unread: tuple[str, ...]
    ) -> Iterator[Draft]:
        """A row for every patron and every account; nothing is said of who has what."""
        patrons = sorted(self._kept(row)[1] for row in rows)
        accounts = sorted(self._account(at, -1) for at in places)
        doubt = (*(f"patron {one}" for one in patrons), *(f"account {one}" for one in accounts))
        for row in rows:
            yield Draft(self._kept(row)[1], "", row, doubt=doubt, unread=unread)
        for at in places:
            yield Draft("", self._account(at, -1), place=at, doubt=doubt, unread=unread)
        if self._sent is not None and not places:
            for at in sents:
                yield Draft("", self._sent.key(at), sent=at, doubt=doubt, unread=unread)

    def _one_sent(self, sents: list[int]) -> int:
        """Of what was sent of one patron, the row that says that something is owed, else the last."""
        sent = self._sent
        return -1 if sent is None or not sents else max(sents, key=lambda at: (sent.owes(at), sent.lines[at]))

    def _order(self, at: int) -> tuple[bool, int, str]:
        """The account in use first, then the latest."""
        if self._drifting:
            return self._held.owes(at), self._held.lines[at], ""
        return self._held.is_open(at), *self._held.order(at)

    def _account(self, place: int, sent: int) -> str:
        """The key of an account, or the number that we sent where that is all there is."""
        if place >= 0:
            return self._held.key(place)
        return self._sent.key(sent) if self._sent is not None and sent >= 0 else ""

    def _present(self, place: int, patron: str, cards: str) -> bool:
        """Whether an account has the patron's record number, or nothing but the present card."""
        own = self._held.patrons[place]
        return own == patron or (not own and self._held.card(place) == cards.split(SEPARATOR, maxsplit=1)[0])

    def _kept(self, row: int) -> PlainRow:
        found = self.matcher.kept[row]
        assert found is not None  # noqa: S101 - withdrawn rows are in no cluster
        return found


class _Joined:
    """Groups of things that hang together, by whatever has joined them."""

    def __init__(self) -> None:
        self._parents: dict[tuple[int, int], tuple[int, int]] = {}

    def add(self, members: list[tuple[int, int]]) -> None:
        """Join all members with each other."""
        first = self._root(members[0])
        for member in members[1:]:
            self._parents[self._root(member)] = first

    def groups(self) -> Iterator[list[tuple[int, int]]]:
        """Each group, sorted."""
        found: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for member in self._parents:
            found.setdefault(self._root(member), []).append(member)
        return (sorted(group) for group in found.values())

    def _root(self, member: tuple[int, int]) -> tuple[int, int]:
        self._parents.setdefault(member, member)
        while (parent := self._parents[member]) != member:
            self._parents[member] = member = self._parents[parent]
        return member


def _sharing(one: Held, at: int, other: Held) -> set[int]:
    """Positions of the other side that have a number of this row; a blank is none."""
    patron, card = one.patrons[at], one.card(at)
    return {*(other.with_patron(patron) if patron else ()), *(other.with_card(card) if card else ())}
