"""What the faulty ways to the agency share: the reference, opened in a world, to be spoilt by a subclass."""

from __future__ import annotations

from collections.abc import Callable

from scld_core.memory.channel import MemoryChannel
from scld_core.testing.harness import ChannelBench, World
from scld_core.testing.planted.model import Planted
from scld_core.testing.references_agency import channel_bench, channel_harness

__all__ = ["DROP", "PROTOCOL", "STUDY", "UMS", "Spoilt", "bug", "planted", "shell"]

STUDY = "driver study, section 4: properties of every adapter"
UMS = "Koha's UMS plugin and the files around it (fees study A5)"
DROP = "files that are taken while they are written, or overwritten (fees study A4, A8)"
PROTOCOL = "what a protocol does to bytes and names on their way"


class Spoilt(MemoryChannel):
    """The reference way of one world."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock, backend=world.context.instance)
        self.world = world
        self.prepare()

    def prepare(self) -> None:
        """What a subclass needs."""

    def bench(self) -> ChannelBench:
        """The bench of this way."""
        return channel_bench(self.world, self)


def planted(make: Callable[[World], ChannelBench], name: str, source: str, caught_by: str) -> Planted:
    """A way with one bug."""
    label = f"channel: {name}"
    return Planted(label, source, f"channel.{caught_by}", "channel", lambda: channel_harness(make, label))


def bug(kind: Callable[[World], Spoilt], name: str, source: str, caught_by: str) -> Planted:
    """A way of a faulty kind."""
    return planted(lambda world: kind(world).bench(), name, source, caught_by)


def shell(spoil: Callable[[ChannelBench], ChannelBench], name: str, source: str, caught_by: str) -> Planted:
    """A right way in a faulty shell."""
    return planted(lambda world: spoil(Spoilt(world).bench()), name, source, caught_by)
