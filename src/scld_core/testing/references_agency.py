"""Harnesses of the reference way to the agency and record of notices in memory, over a line that can fail."""

from __future__ import annotations

from collections.abc import Callable

from scld_core.errors import Unavailable
from scld_core.memory.channel import MemoryChannel
from scld_core.memory.notices import MemoryNotices
from scld_core.testing.harness import ChannelBench, Harness, NoticesBench, World
from scld_core.testing.references import FULL
from scld_core.testing.references_accounts import Far

__all__ = [
    "MEMORY_CHANNEL",
    "MEMORY_NOTICES",
    "channel_bench",
    "channel_harness",
    "notices_bench",
    "notices_harness",
]


class _Pauses:
    """What happens while a file is on its way: somebody looks, or the connection breaks."""

    def __init__(self, backend: str) -> None:
        self._backend = backend
        self._looks: list[Callable[[], None]] = []
        self._cuts = False

    def __call__(self) -> None:
        for look in self._looks:
            look()
        if self._cuts:
            self._cuts = False
            raise Unavailable(self._backend, "deliver", "the connection broke")

    def watch(self, look: Callable[[], None]) -> None:
        """Let somebody look from now on."""
        self._looks.append(look)

    def cut(self) -> None:
        """Break at the next pause."""
        self._cuts = True


def channel_bench(world: World, channel: MemoryChannel) -> ChannelBench:
    """A bench of a way in memory (or a faulty kind of it) with every lever there is."""
    line, pauses = Far(world.context.instance), _Pauses(world.context.instance)
    channel.pause = pauses
    return ChannelBench(
        channel=line.to(channel, "channel"),
        files=lambda: channel.files,
        put=channel.put,
        collect=channel.collect,
        watch=pauses.watch,
        cut=pauses.cut,
        lose=line.lose,
        outage=line.fall,
    )


def channel_harness(make: Callable[[World], ChannelBench], name: str = "memory") -> Harness[ChannelBench]:
    """A harness of a way that declares everything."""
    return Harness(name=name, port="channel", make=make, capabilities=FULL, remembers_keys=True)


def _channel(world: World) -> ChannelBench:
    return channel_bench(world, MemoryChannel(world.clock, backend=world.context.instance))


def notices_bench(world: World, notices: MemoryNotices) -> NoticesBench:
    """A bench of a record in memory (or a faulty kind of it) with every lever there is."""
    for one in world.seed.notices:
        notices.record(one)
    line = Far(world.context.instance)

    def cut(pages: int) -> None:
        notices.cut_after = pages

    return NoticesBench(notices=line.to(notices, "notices"), show=notices.record, cut=cut, outage=line.fall)


def notices_harness(make: Callable[[World], NoticesBench], name: str = "memory") -> Harness[NoticesBench]:
    """A harness of a record that declares everything."""
    return Harness(name=name, port="notices", make=make, capabilities=FULL)


def _notices(world: World) -> NoticesBench:
    made = MemoryNotices(world.clock, backend=world.context.instance, page_size=world.page_size)
    return notices_bench(world, made)


MEMORY_CHANNEL = channel_harness(_channel)
"""The reference way to the agency."""

MEMORY_NOTICES = notices_harness(_notices)
"""The reference record of notices."""
