"""How the conformance kit grades saved calendars: over a file that is saved anew. All closures are synthetic."""

from __future__ import annotations

from typing import Any

from scld_adapters.calendars.ics.plugin import ICS
from scld_adapters.calendars.ics.settings import IcsConfig
from scld_adapters.calendars.ics.write import write_ics
from scld_core.calendars import Closure
from scld_core.errors import AdapterBug, BadInput
from scld_core.kernel.ids import LocationId
from scld_core.plugins import open_backend
from scld_core.testing.harness import CalendarsBench, Harness, World

__all__ = ["harnesses"]

_NAMES = {LocationId("cheney"): "Cheney Library", LocationId("north-spokane"): "North Spokane, WA"}


def harnesses(settings: IcsConfig | None = None) -> tuple[Harness[Any], ...]:
    """The port `calendars` over a calendar that was saved a moment ago."""
    if settings is not None:
        raise BadInput("ics", "is graded over calendars that the kit makes itself; leave --settings out")
    return (Harness.of(ICS, "calendars", _bench),)


def _bench(world: World) -> CalendarsBench:
    rows = list(world.seed.closures)
    path = world.context.folder / "closures.ics"

    def save() -> None:
        path.write_bytes(write_ics(rows, as_of=world.clock.now(), names=_NAMES))

    def show(closure: Closure) -> None:
        rows.append(closure)
        save()

    def take_out(closure: Closure) -> None:
        rows.remove(closure)
        save()

    save()
    config = IcsConfig("*.ics", libraries={shown: str(place) for place, shown in _NAMES.items()})
    opened = open_backend(ICS, config, world.context)
    if opened.calendars is None:
        raise AdapterBug("ics", "open", "opened no calendar")
    return CalendarsBench(
        calendars=opened.calendars, close=opened.close, show=show, take_out=take_out, outage=path.unlink
    )
