"""A look at a district that changes nothing: what is right, what a person should mend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path

from attrs import frozen

from scld_core import codecs
from scld_core.errors import BadInput, ScldError
from scld_core.kernel.time import EPOCH
from scld_core.plugins.guard import PORTS
from scld_core.runs.model import Step
from scld_core.runs.ports import Store, Upkeep
from scld_core.services.run_book import RunEnd
from scld_core.wiring.desk import Desk, Options, open_desk
from scld_core.wiring.opening import Opening

__all__ = ["Finding", "examine"]


@frozen
class Finding:
    """One thing that was looked at: `ok` is None for a note."""

    what: str
    ok: bool | None
    detail: str


_TODAY = "district.today stops the clock of a district that is no sample, so nothing is done: take it out"


def _try(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, ok=True, detail=look())
    except ScldError as error:
        return Finding(what, ok=False, detail=str(error))


def examine(folder: Path) -> Iterator[Finding]:
    """Look at settings, plugins, policy, store, backends, inventory and runs, as far as each can be reached."""
    try:
        opening = Opening.of(folder, Options())
    except ScldError as error:
        yield Finding("settings", ok=False, detail=str(error))
        return
    district = opening.settings.district
    yield Finding("settings", ok=True, detail=f"{district.name}, {district.timezone}, profile {district.profile}")
    if district.today is not None and not district.sample:
        yield Finding("today", ok=False, detail=_TODAY)
    for line in opening.registry.report.faulty:
        yield Finding("plugin", ok=False, detail=str(line))
    yield _try("policy", lambda: _policy(opening))
    with ExitStack() as stack:
        try:
            store = opening.store(stack)
        except ScldError as error:
            yield Finding("store", ok=False, detail=str(error))
            return
        yield _try("store", lambda: _store(opening, store))
        if isinstance(store, Upkeep):
            yield from (Finding("store", ok=None, detail=note) for note in store.notes)
        for name in opening.settings.backends:
            yield _try(f"backend {name}", lambda name=name: _backend(opening, name, store))  # type: ignore[misc]
    yield from _whole(folder)


def _policy(opening: Opening) -> str:
    opening.check_policy()
    return opening.ruling(opening.clock.now()).version


def _store(opening: Opening, store: Store) -> str:
    if isinstance(store, Upkeep):
        store.check()
    return opening.settings.store.use


def _backend(opening: Opening, name: str, store: Store) -> str:
    with ExitStack() as stack:
        opened = opening.backend(name, store, stack)
    offered = [port for port in PORTS if getattr(opened, port) is not None]
    return f"{opening.settings.backends[name].use} opens; offers {', '.join(offered)}"


def _whole(folder: Path) -> Iterator[Finding]:
    try:
        desk = open_desk(folder, actor="doctor")
    except ScldError as error:
        yield Finding("district", ok=False, detail=str(error))
        return
    with desk:
        try:
            yield from _desk(desk)
        except ScldError as error:
            yield Finding("district", ok=False, detail=str(error))


def _desk(desk: Desk) -> Iterator[Finding]:
    try:
        inventory = desk.hotspots.systems.inventory()
    except ScldError as error:
        yield Finding("inventory", ok=False, detail=str(error))
    else:
        yield Finding("inventory", ok=True, detail=f"{len(inventory.devices)} hotspots")
        for row in inventory.quarantined:
            yield Finding("inventory", ok=None, detail=str(row))
    yield from _calendar(desk)
    if desk.agency is not None:
        yield _try("agency", desk.agency.describe)
    yield from _approvers(desk)
    runs = desk.runs.history()
    yield Finding("runs", ok=True, detail=f"{len(runs)} so far")
    for run in runs[-5:]:
        ended = "no end yet" if run.end is None else run.end.value
        good = True if run.end is RunEnd.DONE else None
        yield Finding("run", ok=good, detail=f"{run.id}  {run.kind} by {run.actor}: {ended}")
    with desk.store.transaction() as unit:
        open_ = unit.steps.unresolved()
    for record in open_:
        yield Finding(
            "open step",
            ok=None,
            detail=f"{record.step.id} {record.step.action} {record.step.label}: {record.state.value}",
        )
    yield from _renamed(desk)


def _calendar(desk: Desk) -> Iterator[Finding]:
    """Closures that another system keeps, and what of them cannot be used."""
    name = desk.settings.calendar.closures_from
    port = desk.backends[name].calendars if name else None
    if port is None:
        return
    today = desk.day.business_day
    pages = list(port.closures(today, today + timedelta(days=365)))
    count = sum(len(page.rows) for page in pages)
    yield Finding("calendar", ok=True, detail=f"{count} closures within a year, of {name}")
    for row in dict.fromkeys(row for page in pages for row in page.quarantined):
        yield Finding("calendar", ok=None, detail=str(row))


def _approvers(desk: Desk) -> Iterator[Finding]:
    """Ending a line needs an approval: somebody must be able to give it."""
    wanted = desk.settings.approval.roles
    able = [name for name, roles in sorted(desk.settings.roles.items()) if set(roles) & set(wanted)]
    if not wanted:
        yield Finding("approval", ok=None, detail="nobody can approve: [approval] roles names no role")
    elif not able:
        named = ", ".join(wanted)
        yield Finding("approval", ok=None, detail=f"nobody can approve: [roles] gives nobody {named}")
    elif desk.settings.approval.other_actor and len(desk.settings.roles) == 1:
        detail = f"only {able[0]} is under [roles], and nobody approves what their own run asked for"
        yield Finding("approval", ok=None, detail=detail)
    else:
        yield Finding("approval", ok=True, detail=f"{', '.join(able)} may approve")


def _renamed(desk: Desk) -> Iterator[Finding]:
    """Instances that the district's history is about and that settings do not name any more."""
    with desk.store.transaction() as unit:
        records = [record for area in desk.day.areas for record in unit.steps.history(area.name, EPOCH)]
    found = Counter(name for record in records for name in _instances(desk, record.step))
    for name, count in sorted(found.items()):
        if name not in desk.settings.backends:
            told = f"{count} steps of the past are about it, and [backends] has no such name. If it was renamed, give "
            yield Finding(f"backend {name}", ok=None, detail=f"{told}it its name back: its history is kept under it")


def _instances(desk: Desk, step: Step) -> set[str]:
    named = {step.subject.partition(":")[0]} if ":" in step.subject else set[str]()
    action = desk.day.engine.actions.get(step.action)
    with suppress(BadInput):  # a payload of another version of the program
        named |= {action.system(codecs.load(action.payload, step.payload))} if action else set()
    return named - {""}
