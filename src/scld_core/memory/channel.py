"""The reference way to the agency: what `agency.ports.AgencyChannel` means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import field, frozen

from scld_core.agency.ports import Parcel
from scld_core.errors import Conflict, Rejected
from scld_core.kernel.time import Clock
from scld_core.kernel.validate import instance, instant
from scld_core.runs.model import Answer, AnswerKind, ReadBack

__all__ = ["Delivery", "MemoryChannel"]


def _nothing() -> None:
    """Nothing happens in between."""


@frozen
class Delivery:
    """The receipt of one key: the parcel that came with it, when, and what was answered."""

    key: str
    parcel: Parcel = field(validator=instance(Parcel))
    at: datetime = field(validator=instant)
    answer: Answer = field(validator=instance(Answer))


class MemoryChannel:
    """The agency's incoming folder in memory.

    It keeps every receipt, so that a key or a file's name means one parcel for ever, also after the
    agency took the file. The writers below the port's methods stand for the agency and for whoever
    else may write there. `pause` is called with half of a file there, and with all of it before it
    has its name: what it raises ends the delivery at that place.
    """

    def __init__(self, clock: Clock, *, backend: str = "main") -> None:
        self._clock = clock
        self._backend = backend
        self._files: dict[str, bytes] = {}
        self._taken: dict[str, bytes] = {}
        self._parts: dict[str, bytes] = {}
        self._receipts: dict[str, Delivery] = {}
        self.pause: Callable[[], None] = _nothing

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Put the parcel under its name."""
        known = self._receipts.get(key)
        if known is not None:
            if not _same(known.parcel, parcel):
                raise Conflict(self._backend, "deliver", "the key was used for another file")
            return known.answer
        there = self.content(parcel.name)
        if there is None:
            self._write(parcel)
        elif there != parcel.content:
            raise Rejected(self._backend, "deliver", f"{parcel.name} is there already, with other content")
        answer = Answer(AnswerKind.DONE, parcel.name, "lies with the agency")
        self._receipts[key] = Delivery(key, parcel, self._clock.now(), answer)
        return answer

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Whether the parcel is there, or was until the agency took it."""
        return ReadBack.DONE if self.content(parcel.name) == parcel.content else ReadBack.NOT_DONE

    @property
    def files(self) -> tuple[tuple[str, bytes], ...]:
        """What lies there under any name, files that are being written included."""
        return (*self._files.items(), *self._parts.items())

    @property
    def taken(self) -> tuple[tuple[str, bytes], ...]:
        """What the agency took, in that order."""
        return tuple(self._taken.items())

    @property
    def receipts(self) -> tuple[Delivery, ...]:
        """Every key that was answered, in that order."""
        return tuple(self._receipts.values())

    def content(self, name: str) -> bytes | None:
        """What came under that name, taken or not; None for nothing."""
        return self._files.get(name, self._taken.get(name))

    def put(self, name: str, content: bytes) -> None:
        """Lay a file there, as somebody else might."""
        self._files[name] = content

    def collect(self) -> None:
        """The agency takes every file that has its name."""
        self._taken.update(self._files)
        self._files.clear()

    def _write(self, parcel: Parcel) -> None:
        part = f".{parcel.name}.part"
        for end in (len(parcel.content) // 2, len(parcel.content)):
            self._parts[part] = parcel.content[:end]
            self.pause()
        self._files[parcel.name] = self._parts.pop(part)


def _same(one: Parcel, other: Parcel) -> bool:
    """Whether the agency would get the same; a note is for whoever reads a cover note."""
    return (one.name, one.content) == (other.name, other.content)
