"""The kit's records under Koha's numbers: a port whose ids are translated on the way in and on the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

import attrs
from attrs import define, field

from scld_core.kernel.ids import RecordId

__all__ = ["Numbers", "numbered"]

P = TypeVar("P")


@define
class Numbers:
    """Which record of the kit has which number, by kind of id; what is not named keeps its own."""

    instance: str
    _numbers: dict[tuple[type, str], str] = field(factory=dict[tuple[type, str], str])
    _names: dict[tuple[type, str], str] = field(factory=dict[tuple[type, str], str])

    def give(self, record: RecordId) -> int:
        """The number of a record, which gets the next one of its kind where it has none."""
        kind = type(record)
        known = self._numbers.get((kind, record.local))
        if known is None:
            known = str(1 + sum(of is kind for of, _ in self._numbers))
            self._numbers[kind, record.local] = known
            self._names[kind, known] = record.local
        return int(known)

    def inward(self, record: RecordId) -> RecordId:
        """As Koha knows it."""
        return self._swap(record, self._numbers)

    def outward(self, record: RecordId) -> RecordId:
        """As the kit knows it."""
        return self._swap(record, self._names)

    def _swap(self, record: RecordId, table: Mapping[tuple[type, str], str]) -> RecordId:
        found = table.get((type(record), record.local))
        return record if found is None or record.backend != self.instance else attrs.evolve(record, local=found)


def numbered(port: P, numbers: Numbers) -> P:
    """The port, asked and answering in the kit's own ids."""

    class Numbered:
        def __getattr__(_self, name: str) -> Any:  # noqa: N805 - beside no other self
            found = getattr(port, name)
            return _translated(found, numbers) if callable(found) else found

    return cast("P", Numbered())


def _translated(call: Callable[..., Any], numbers: Numbers) -> Callable[..., Any]:
    def called(*args: Any, **kwargs: Any) -> Any:
        given = [_through(value, numbers.inward) for value in args]
        named = {name: _through(value, numbers.inward) for name, value in kwargs.items()}
        answer = call(*given, **named)
        if isinstance(answer, Iterator):
            return (_through(page, numbers.outward) for page in answer)  # pyright: ignore[reportUnknownVariableType]
        return _through(answer, numbers.outward)

    return called


def _through(value: Any, swap: Callable[[RecordId], RecordId]) -> Any:
    """A value with every id in it swapped; one without ids is the same value."""
    kind: Any = value.__class__
    if isinstance(value, RecordId):
        return swap(value)
    if isinstance(value, tuple | list | set | frozenset):
        members = cast("tuple[Any, ...]", value)
        return type(members)(_through(member, swap) for member in members)
    if attrs.has(kind):
        told = {one.name: getattr(value, one.name) for one in attrs.fields(kind) if one.init}
        swapped = {name: _through(member, swap) for name, member in told.items()}
        changed = {name: member for name, member in swapped.items() if member is not told[name]}
        return attrs.evolve(value, **changed) if changed else value
    return value
