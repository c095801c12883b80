"""How the conformance kit grades the folder: a real one, looked at while it is written to, on a disk that fills up.

It needs a POSIX system: the limits by which a write breaks off are the process's own.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

from attrs import define, field

from scld_adapters.agencies.drop.plugin import AGENCY_DROP
from scld_adapters.agencies.drop.settings import AgencyDropSettings
from scld_core.agency.ports import AgencyChannel, Parcel
from scld_core.errors import BadInput, ConfigurationError
from scld_core.plugins import open_backend
from scld_core.runs.model import Answer
from scld_core.testing.harness import ChannelBench, Harness, World

__all__ = ["drop_harness", "harnesses"]

_FOLDER = "outgoing"


def harnesses(settings: AgencyDropSettings | None = None) -> tuple[Harness[Any], ...]:
    """A folder that the agency collects from; or as settings say of `taken_away`."""
    if settings is not None and settings.folder != _FOLDER:
        raise BadInput("agency-drop", f"is graded over a folder of the kit's own, named {_FOLDER}: set that one")
    return (drop_harness(taken_away=True if settings is None else settings.taken_away),)


def drop_harness(*, taken_away: bool) -> Harness[ChannelBench]:
    """A folder, collected from or not."""
    return Harness.of(AGENCY_DROP, "channel", lambda world: _bench(world, taken_away=taken_away))


def _bench(world: World, *, taken_away: bool) -> ChannelBench:
    folder = world.context.folder / _FOLDER
    folder.mkdir()
    opened = open_backend(AGENCY_DROP, AgencyDropSettings(_FOLDER, taken_away=taken_away), world.context)
    if opened.channel is None:
        raise ConfigurationError(world.context.instance, "open", "opened no channel")
    channel = _Watched(opened.channel, folder)

    def put(name: str, content: bytes) -> None:
        (folder / name).write_bytes(content)

    def fall() -> None:
        _empty(folder)
        folder.rmdir()

    return ChannelBench(
        channel=cast("AgencyChannel", channel),
        close=opened.close,
        files=lambda: [(path.name, path.read_bytes()) for path in folder.iterdir()],
        put=put,
        collect=(lambda: _empty(folder)) if taken_away else None,
        watch=channel.looks.append,
        cut=channel.fill_the_disk,
        lose=channel.spend_the_handles,
        outage=fall,
    )


def _empty(folder: Path) -> None:
    """Whoever collects the files takes them all."""
    for path in folder.iterdir():
        path.unlink()


@contextmanager
def _looking(look: Callable[[], None]) -> Generator[None]:
    """`look` at every call of the block that leaves Python, when it begins and when it is over."""
    busy: list[bool] = []

    def seen(frame: object, event: str, arg: object) -> None:
        del frame, arg
        if event in ("c_call", "c_return", "c_exception") and not busy:
            busy.append(True)
            try:
                look()
            finally:
                busy.clear()

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        yield
    finally:
        sys.setprofile(before)


@contextmanager
def _limited(what: int, most: int) -> Generator[None]:
    """The process may use no more than `most` of something; what has it keeps it."""
    before = resource.getrlimit(what)
    resource.setrlimit(what, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(what, before)


@define
class _Watched:
    """A channel that lets somebody look while it works, and whose disk or process is full for one call."""

    _channel: AgencyChannel
    _folder: Path
    looks: list[Callable[[], None]] = field(factory=list[Callable[[], None]])
    _full: bool = False
    _spent: bool = False
    _gone: bool = False

    def fill_the_disk(self) -> None:
        """Of the next file half can be written."""
        self._full = True

    def spend_the_handles(self) -> None:
        """Once the next file has its name, no other can be opened."""
        self._spent = True

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Deliver, under what was prepared for this call."""
        full, spent, self._full, self._spent = self._full, self._spent, False, False
        with ExitStack() as stack:
            if self.looks:
                stack.enter_context(_looking(self.looks[0]))
            if full:
                stack.enter_context(_limited(resource.RLIMIT_FSIZE, len(parcel.content) // 2))
            if spent:
                once = ExitStack()
                stack.enter_context(once)
                stack.enter_context(_looking(lambda: self._spend(once, parcel.name)))
            return self._channel.deliver(parcel, key=key)

    def _spend(self, once: ExitStack, name: str) -> None:
        if not self._gone and os.access(self._folder / name, os.F_OK):
            self._gone = True
            once.enter_context(_limited(resource.RLIMIT_NOFILE, 0))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def __repr__(self) -> str:
        return repr(self._channel)
