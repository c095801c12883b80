"""A district of eight synthetic devices in a folder, as `scld` opens it: four changes are wished for."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from scld_core import Options, codecs, open_desk
from scld_core.circulation.model import ItemState
from scld_core.hotspots.history import RESTORE, SUSPEND, TERMINATE
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.time import EPOCH, FixedClock
from scld_core.plugins import Registry
from scld_core.plugins.seed import Seed
from scld_core.sample.agency import write_agency
from scld_core.sample.files import SAMPLE_DAY, SEED, inventory_text
from scld_core.sample.hotspots import make_hotspots
from scld_core.sample.template import district_toml
from scld_core.settings import read_settings
from scld_core.wiring.opening import Opening
from support.hotspots import NOW, device, inside, item_id, line, out, view

ANNE, BERT = "sample-associate", "sample-supervisor"
ON, OFF = ServiceState.ACTIVE, ServiceState.SUSPENDED

SQLITE = '[store]\nuse = "sqlite"\nfile = "district.sqlite"\n'
SECRET = "SCLD_TEST_POSTGRES"
POSTGRES = f'[store]\nuse = "postgres"\nurl = "env:{SECRET}"\n'
SIMULATED = '[backends.carrier]\nuse = "simulated"\n'

PORTAL = """[backends.carrier]
use = "portal-csv"
export = "exports/*.csv"
extracted_at = "name"
words = { "active" = "active", "suspended" = "suspended", "terminated" = "terminated" }
"""

CASES = (
    (out(0, 5), ON),
    (out(1, 1), ON),
    (inside(2, ItemState.CHECKED_IN), OFF),
    (inside(3, ItemState.IN_TRANSIT), ON),
    (inside(4, ItemState.LOST_PAID, days=20), OFF),
    (inside(5, ItemState.WITHDRAWN, days=3), ON),
    (out(6, -20), ON),
    (out(7, 9), OFF),
)
"""What each device's item is, and what its line is."""

WISHED = ((SUSPEND, 0), (RESTORE, 2), (TERMINATE, 4), (SUSPEND, 5))
"""The changes a morning brings about: action and device. The end of line 4 was approved beforehand."""

DONE = ("suspended", "active", "active", "active", "terminated", "suspended", "active", "suspended")
"""The portal's word for each line when all of them are done."""

REVERSIBLE = tuple(wish for wish in WISHED if wish[0] != TERMINATE)

FEW = (0, 2, 6, 7)
"""The devices of a smaller district."""

FEW_WISHED = tuple(wish for wish in WISHED if wish[1] in FEW)
"""Its changes: one suspension and one restoration."""


def subject(number: int) -> str:
    """How the steps of a device call it."""
    return str(item_id(number))


def _rows(numbers: Iterable[int]) -> Iterable[tuple[str, ...]]:
    for number in numbers:
        one = device(number)
        yield (f"i{number}", str(one.barcode), str(one.line.imei), str(one.line.iccid), "", "carrier", "cheney", "M1")


def found(
    folder: Path,
    *,
    store: str = SQLITE,
    carrier: str = SIMULATED,
    numbers: Sequence[int] = range(len(CASES)),
    approved: bool = True,
) -> Path:
    """Make the district of these devices; with `approved`, two people have planned and approved the end of line 4."""
    seed = Seed(
        tuple(CASES[n][0] for n in numbers),
        tuple(view(n, CASES[n][1]) for n in numbers),
        {f"i{n}": str(device(n).barcode) for n in numbers},
        {f"i{n}": "cheney" for n in numbers},
        {f"canary-patron-{n}": f"h{n}" for n in numbers},
    )
    text = district_toml("Synthetic", sample_day=SAMPLE_DAY).replace("_fraction = 0.5", "_fraction = 1.0")
    _fill(folder, _with(text, store, carrier), inventory_text(_rows(numbers)), seed)
    if approved:
        approve_the_end(folder)
    return folder


def sample(folder: Path, *, store: str) -> Path:
    """The sample district, with another store."""
    text = district_toml("Sample Library District (synthetic)", sample_day=SAMPLE_DAY, agency=True)
    calendar = read_settings(codecs.parse_toml(text, where="sample"), folder=folder).opening_hours()
    made = make_hotspots(ils="main", now=NOW, calendar=calendar, scale=1, seed=SEED)
    _fill(folder, _with(text, store, SIMULATED), inventory_text(made.inventory), made.seed)
    write_agency(folder, NOW)
    return folder


def _with(text: str, store: str, carrier: str) -> str:
    assert SQLITE in text
    assert SIMULATED in text
    return text.replace(SQLITE, store).replace(SIMULATED, carrier)


def _fill(folder: Path, text: str, inventory: str, seed: Seed) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "district.toml").write_text(text, encoding="utf-8")
    (folder / "hotspots.csv").write_text(inventory, encoding="utf-8")
    with ExitStack() as stack:
        opening = Opening.of(folder, Options(clock=FixedClock(NOW), registry=plugins()))
        kept = opening.store(stack)
        kept.create()
        for name, settings in opening.settings.backends.items():
            spec = opening.spec(settings.use, f"backends.{name}")
            if spec.seed is not None:
                spec.seed(opening.config(spec, settings, name), opening.context(name, kept), seed)


def export(folder: Path, now: datetime = NOW, words: Iterable[str] = ()) -> None:
    """The portal's list of lines as if saved at `now`: with these words, or as everything stood at first."""
    local = now.astimezone(ZoneInfo("America/Los_Angeles"))
    shown = tuple(words) or tuple(state.value for _, state in CASES)
    rows = [f"{line(n).imei},{line(n).iccid},{word}" for n, word in enumerate(shown)]
    (folder / "exports").mkdir(parents=True, exist_ok=True)
    path = folder / "exports" / f"lines-{local:%Y-%m-%dT%H%M}.csv"
    path.write_text("\n".join(["imei,iccid,status", *rows, ""]), encoding="utf-8")


def _early(hours: int) -> Options:
    return Options(clock=FixedClock(NOW - timedelta(hours=hours)), registry=plugins())


def ask_for_the_end(folder: Path) -> str:
    """Plan the end of line 4 two hours before the morning, so that it waits for approval; gives the step."""
    with open_desk(folder, actor=ANNE, options=_early(2)) as desk:
        step = next(s for s in desk.day.plan().steps if s.needs_approval and s.subject == subject(4))
        assert desk.day.engine.execute(step, "asked").result == "needs_approval"
    return step.id


def approve_the_end(folder: Path) -> str:
    """The same, and somebody else approves it; gives the step."""
    step = ask_for_the_end(folder)
    with open_desk(folder, actor=BERT, options=_early(1)) as desk:
        desk.runs.approve([step], reason="paid in full")
    return step


_REGISTRY: list[Registry] = []


def plugins() -> Registry:
    """The installed plugins, looked for once in each process; a forked child has its parent's."""
    if not _REGISTRY:
        _REGISTRY.append(Registry.load())
    return _REGISTRY[0]


def at(folder: Path, now: datetime, actor: str = ANNE, **more: object):
    """The district opened at `now`."""
    return open_desk(folder, actor=actor, options=Options(clock=FixedClock(now), registry=plugins(), **more))


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
    """What a run found, what is to be done after it, and everything the store knows, as JSON can carry it."""
    after = desk.day.plan()
    with desk.store.transaction() as unit:
        records = unit.steps.history("hotspots", EPOCH)
        journal = unit.journal.entries()
    return {
        "plan": [step.id for step in after.steps],
        "residual": result.residual,
        "waiting": [[row.action, row.subject, row.on] for row in after.waiting],
        "exceptions": sorted(row.code for row in after.exceptions),
        "records": [
            {
                "id": r.step.id,
                "action": r.step.action,
                "subject": r.step.subject,
                "state": r.state.value,
                "key": r.key,
                "run": r.run,
                "attempts": [at.isoformat() for at in r.attempts],
                "undoes": r.step.undoes,
            }
            for r in records
        ],
        "journal": [[entry.kind, entry.step] for entry in journal],
    }


def applied(facts: Mapping[str, object]) -> list[dict[str, object]]:
    """The records of the steps that had their effect."""
    return [r for r in facts["records"] if r["state"] == "applied"]
