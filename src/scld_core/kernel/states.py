"""Life cycles as tables: which event leads from which state to which."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Generic, TypeVar

from attrs import field, frozen

from scld_core.errors import InvalidValue

__all__ = ["StateTable", "Transition"]

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


@frozen
class Transition(Generic[S, E]):
    """`event` leads from `before` to `after`."""

    before: S
    event: E
    after: S


@frozen
class StateTable(Generic[S, E]):
    """A deterministic table: at most one `after` for each (`before`, `event`)."""

    name: str
    transitions: tuple[Transition[S, E], ...]
    _index: dict[tuple[S, E], S] = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        index: dict[tuple[S, E], S] = {}
        for row in self.transitions:
            if (row.before, row.event) in index:
                raise InvalidValue(self.name, row.before.name, f"two rows for {row.event.name}")
            index[(row.before, row.event)] = row.after
        object.__setattr__(self, "_index", index)

    def permits(self, state: S, event: E) -> bool:
        """Whether the table has a row for `event` in `state`."""
        return (state, event) in self._index

    def after(self, state: S, event: E) -> S:
        """The next state; an event the table does not have in `state` raises InvalidValue."""
        try:
            return self._index[(state, event)]
        except KeyError:
            raise InvalidValue(self.name, state.name, f"{event.name} is not possible here") from None

    def final(self) -> frozenset[S]:
        """States that no row leaves."""
        return frozenset(self._states()) - {row.before for row in self.transitions}

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = [f"    {r.before.name} --> {r.after.name}: {r.event.name.lower()}" for r in self.transitions]
        return "\n".join(["stateDiagram-v2", *lines])

    def _states(self) -> Iterable[S]:
        for row in self.transitions:
            yield row.before
            yield row.after
