"""Reading a call number token by token, with what was read before kept at hand.

Call numbers repeat: a district of a million items has some ten thousand classes, cutters and marks. So each
state keeps what a token becomes in it, and reading a number is one look-up a token. What is kept is bounded.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeVar

from scld_core.catalog.call_number_fold import atoms
from scld_core.catalog.call_number_parts import Part
from scld_core.catalog.call_number_rules import HEAD, Place, Reader, Run, Spot
from scld_core.catalog.call_number_shelving import STANDARD, Shelving

__all__ = ["START", "Heads", "Shared", "State", "forget", "start"]

ROOM: Final = 1 << 16
"""Tokens that one state keeps; then it begins anew."""

LONGEST: Final = 24
"""Longer tokens are read each time: text from outside cannot fill the memory."""

_DISTRICTS: Final = 8
"""Shelf orders that are kept ready at a time."""


T = TypeVar("T")
Entry = tuple[str, "State"]


class Heads(dict[str, tuple[str, int] | None]):
    """What stands before a class or a name: its piece of the key, and how many letters a name needs more than.

    None where something else than collections stands there, or where names are changed (Mc to Mac).
    """

    __slots__ = ("_reader",)

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self._reader = reader

    def __missing__(self, head: str) -> tuple[str, int] | None:
        found, spot, rest = self._reader.read(HEAD, atoms(head), final=False)
        usable = spot.place is Place.HEAD and not rest and not self._reader.mac
        known = (_key(found), self._reader.shortest(spot)) if usable else None
        _keep(self, head, known)
        return known


class Shared:
    """What the states of one shelf order have in common: the reader, the states, and the heads."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.heads = Heads(reader)
        self.states: dict[tuple[Spot, Run], State] = {}


class State(dict[str, Entry]):
    """What each token becomes here: its piece of the key, and the state behind it.

    `end` is the piece of what has waited for a further token when there is none.
    """

    __slots__ = ("_rest", "_spot", "end", "shared")

    def __init__(self, shared: Shared, spot: Spot, rest: Run) -> None:
        super().__init__()
        self.shared = shared
        self._spot = spot
        self._rest = rest
        self.end = _key(shared.reader.read(spot, rest, final=True)[0])

    def __missing__(self, token: str) -> Entry:
        found, spot, rest = self.shared.reader.read(self._spot, self._rest + atoms(token), final=False)
        states = self.shared.states
        if (spot, rest) not in states:
            states[spot, rest] = State(self.shared, spot, rest)
        entry = _key(found), states[spot, rest]
        _keep(self, token, entry)
        return entry


def _keep(kept: dict[str, T], token: str, entry: T) -> None:
    if len(token) <= LONGEST:
        if len(kept) >= ROOM:
            kept.clear()
        kept[token] = entry


def _key(found: tuple[Part, ...]) -> str:
    return "".join(part.code for part in found)


@lru_cache(maxsize=_DISTRICTS)
def start(shelving: Shelving) -> State:
    """The state before the first token, for one district."""
    return State(Shared(Reader(shelving)), HEAD, ())


def forget(shelving: Shelving = STANDARD) -> None:
    """Empty what is kept for one shelf order; nothing but speed depends on it."""
    shared = start(shelving).shared
    shared.heads.clear()
    for state in shared.states.values():
        state.clear()
    start(shelving).clear()


START: Final = start(STANDARD)
