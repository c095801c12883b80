"""Looking after a district: backup, migration, plugins, recipes, probing one backend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, count
from pathlib import Path

from scld_core.errors import BadInput
from scld_core.kernel.actor import Actor
from scld_core.plugins import LoadState, Registry
from scld_core.plugins.recipes import Recipe, find_recipe
from scld_core.runs.local import note
from scld_core.runs.ports import Store, Upkeep
from scld_core.services.probe import ProbeStep, probe
from scld_core.wiring.desk import Options, open_desk
from scld_core.wiring.opening import Opening

__all__ = ["backup_district", "migrate_district", "plugin_lines", "probe_backend", "recipe_text"]


def _database(opening: Opening, stack: ExitStack) -> tuple[Store, Upkeep]:
    store = opening.store(stack)
    if not isinstance(store, Upkeep):
        raise BadInput("store", f"{opening.settings.store.use} keeps no database that could be looked after")
    return store, store


def backup_district(folder: Path, target: Path | None = None, *, actor: str) -> Path:
    """Copy the database to `target`, by default a new file in DIR/backups named for the present.

    The journal has a line of it; the copy, which was made before, has none. A database that still
    waits for a migration is copied as it is, and gets no line.
    """
    opening = Opening.of(folder, Options())
    with ExitStack() as stack:
        store, database = _database(opening, stack)
        if target is None:
            target = _unused(opening)
            target.parent.mkdir(exist_ok=True)
        copy = database.backup(target)
        if _is_current(database):
            _note(opening, store, "district.backup", actor, str(copy))
    return copy


def _unused(opening: Opening) -> Path:
    """A name of the present that no copy has yet: a sample's clock stands still."""
    stem, kind = f"{opening.clock.now():%Y%m%d-%H%M%S}", opening.settings.store.use
    folder = opening.settings.folder / "backups"
    names = (folder / f"{stem}{more}.{kind}" for more in chain([""], (f"-{number}" for number in count(2))))
    return next(path for path in names if not path.exists())


def _is_current(database: Upkeep) -> bool:
    try:
        database.check()
    except BadInput:
        return False
    return True


def migrate_district(folder: Path, *, actor: str) -> str:
    """Bring the database to this version's tables; says what was done, also in the journal."""
    opening = Opening.of(folder, Options())
    with ExitStack() as stack:
        store, database = _database(opening, stack)
        said = database.migrate()
        _note(opening, store, "district.migrated", actor, said)
    return said


def _note(opening: Opening, store: Store, kind: str, actor: str, detail: str) -> None:
    note(store, kind, opening.settings.district.name, actor=Actor(actor), clock=opening.clock, detail=detail)


def plugin_lines() -> Iterator[tuple[bool, str]]:
    """Every installed plugin and backend as (loaded, line)."""
    registry = Registry.load()
    for line in registry.report.lines:
        yield line.state is LoadState.LOADED, str(line)
    for spec in registry.backends():
        yield True, f"  {spec.kind:<8} {spec.name:<12} {spec.summary} (foreign evidence: {spec.foreign_evidence})"


def probe_backend(folder: Path, backend: str) -> Iterator[ProbeStep]:
    """Open one backend of a district and try its reads, one after the other; nothing is written."""
    with ExitStack() as stack:
        opening = Opening.of(folder, Options())
        store = opening.store(stack)
        opened = opening.backend(backend, store, stack)
        yield ProbeStep("open", ok=True, detail=opening.settings.backends[backend].use)
        with open_desk(folder, actor="probe") as desk:
            devices = desk.hotspots.devices()
        lines = tuple(d.line for d in devices if d.carrier == backend)
        yield from probe(opened, now=opening.clock.now(), items=tuple(d.item for d in devices), lines=lines)


def recipe_text(ils: str, name: str) -> str:
    """The recipe for a canonical file, with its header; BadInput names the nearest one."""
    return find_recipe(Registry.load().declarations(Recipe), ils, name).text
