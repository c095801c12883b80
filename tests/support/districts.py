"""A district of eight synthetic devices in a folder, as `scld` opens it: six changes are wished for, two devices rest."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path

from scld_core import Options, open_desk
from scld_core.circulation.model import ItemState
from scld_core.hotspots.history import RESTORE, SUSPEND, TERMINATE
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.time import EPOCH, FixedClock
from scld_core.plugins.seed import Seed
from scld_core.sample.files import SAMPLE_DAY, inventory_text
from scld_core.sample.template import district_toml
from scld_core.wiring.opening import Opening
from support.hotspots import NOW, device, inside, item_id, line, out, view

ANNE, BERT = "sample-associate", "sample-supervisor"
ON, OFF = ServiceState.ACTIVE, ServiceState.SUSPENDED

SQLITE = '[store]\nuse = "sqlite"\nfile = "district.sqlite"\n'
SIMULATED = '[backends.carrier]\nuse = "simulated"\n'

CASES = (
    (out(0, 5), ON),
    (out(1, 12), ON),
    (inside(2, ItemState.CHECKED_IN), OFF),
    (inside(3, ItemState.IN_TRANSIT), OFF),
    (inside(4, ItemState.LOST_PAID, days=20), OFF),
    (inside(5, ItemState.WITHDRAWN, days=3), ON),
    (out(6, -20), ON),
    (out(7, 9), OFF),
)
"""What each device's item is, and what its line is."""

WISHED = ((SUSPEND, 0), (SUSPEND, 1), (RESTORE, 2), (RESTORE, 3), (TERMINATE, 4), (SUSPEND, 5))
"""The changes a morning brings about: action and device. The end of line 4 was approved beforehand."""

REVERSIBLE = tuple(wish for wish in WISHED if wish[0] != TERMINATE)


def subject(number: int) -> str:
    """How the steps of a device call it."""
    return str(item_id(number))


def _rows() -> Iterable[tuple[str, ...]]:
    for number in range(len(CASES)):
        one = device(number)
        yield (f"i{number}", str(one.barcode), str(one.line.imei), str(one.line.iccid), "", "carrier", "cheney", "M1")


def found(folder: Path, *, store: str = SQLITE, carrier: str = SIMULATED, approved: bool = True) -> Path:
    """Make the district; with `approved`, the end of line 4 has been planned and approved by two people."""
    folder.mkdir(parents=True, exist_ok=True)
    text = district_toml("Synthetic", sample_day=SAMPLE_DAY)
    assert SQLITE in text
    assert SIMULATED in text
    text = text.replace(SQLITE, store).replace(SIMULATED, carrier).replace("_fraction = 0.5", "_fraction = 1.0")
    (folder / "district.toml").write_text(text, encoding="utf-8")
    (folder / "hotspots.csv").write_text(inventory_text(_rows()), encoding="utf-8")
    with ExitStack() as stack:
        opening = Opening.of(folder, Options(clock=FixedClock(NOW)))
        kept = opening.store(stack)
        kept.create()
        numbers = range(len(CASES))
        seed = Seed(
            tuple(item for item, _ in CASES),
            tuple(view(n, CASES[n][1]) for n in numbers),
            {f"i{n}": str(device(n).barcode) for n in numbers},
            {f"i{n}": "cheney" for n in numbers},
            {f"canary-patron-{n}": f"h{n}" for n in numbers},
        )
        for name, settings in opening.settings.backends.items():
            spec = opening.spec(settings.use, f"backends.{name}")
            if spec.seed is not None:
                spec.seed(opening.config(spec, settings, name), opening.context(name, kept), seed)
    if approved:
        approve_the_end(folder)
    return folder


def ask_for_the_end(folder: Path) -> str:
    """Plan the end of line 4 two hours before the morning, so that it waits for approval; gives the step."""
    with open_desk(folder, actor=ANNE, options=Options(clock=FixedClock(NOW - timedelta(hours=2)))) as desk:
        step = next(s for s in desk.day.plan().steps if s.needs_approval and s.subject == subject(4))
        assert desk.day.engine.execute(step, "asked").result == "needs_approval"
    return step.id


def approve_the_end(folder: Path) -> str:
    """The same, and somebody else approves it; gives the step."""
    step = ask_for_the_end(folder)
    with open_desk(folder, actor=BERT, options=Options(clock=FixedClock(NOW - timedelta(hours=1)))) as desk:
        desk.runs.approve([step], reason="paid in full")
    return step


def at(folder: Path, now: datetime, actor: str = ANNE, **more: object):
    """The district opened at `now`."""
    return open_desk(folder, actor=actor, options=Options(clock=FixedClock(now), **more))


def effects(folder: Path) -> list[tuple[str, str, str]]:
    """The simulated carrier's ledger: key, verb, ICCID."""
    with closing(sqlite3.connect(folder / "carrier.sqlite")) as connection:
        return list(connection.execute("SELECT key, verb, line FROM effects ORDER BY number"))


def damage(folder: Path) -> list[str]:
    """What SQLite's own check finds wrong with the district's databases; nothing, where all is well."""
    told: list[str] = []
    for path in sorted(folder.glob("*.sqlite")):
        with closing(sqlite3.connect(path)) as connection:
            told += [f"{path.name}: {row[0]}" for row in connection.execute("PRAGMA integrity_check")]
    return [line for line in told if not line.endswith(": ok")]


def number_of(iccid: str) -> int:
    """The device that holds a SIM."""
    return next(n for n in range(len(CASES)) if str(line(n).iccid) == iccid)


def told(desk, result) -> dict[str, object]:
    """What a run found, and everything the store knows, as JSON can carry it."""
    with desk.store.transaction() as unit:
        records = unit.steps.history("hotspots", EPOCH)
        journal = unit.journal.entries()
    return {
        "plan": [step.id for step in result.plan.steps],
        "residual": result.residual,
        "waiting": [[row.action, row.subject, row.on] for row in result.plan.waiting],
        "exceptions": sorted(row.code for row in result.plan.exceptions),
        "records": [
            {
                "id": r.step.id, "action": r.step.action, "subject": r.step.subject, "state": r.state.value,
                "key": r.key, "run": r.run, "attempts": len(r.attempts), "undoes": r.step.undoes,
            }
            for r in records
        ],
        "journal": [[entry.kind, entry.step] for entry in journal],
    }


def applied(facts: Mapping[str, object]) -> list[dict[str, object]]:
    """The records of the steps that had their effect."""
    return [r for r in facts["records"] if r["state"] == "applied"]
