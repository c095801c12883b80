"""A library's own folder, as `scld init` makes it and a librarian fills it in. Everything in it is synthetic."""

import csv
import io
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
from attrs import define, frozen

from scld_core import Options, open_desk
from scld_core.cli import codes
from scld_core.errors import ScldError
from scld_core.hotspots.model import Wish
from scld_core.hotspots.rules import desired
from scld_core.kernel.time import EPOCH, local_instant
from scld_core.runs.model import JournalEntry, Receipt, StepRecord
from scld_core.runs.ports import Unit
from scld_core.services.day.as_json import day_object
from scld_core.services.day.publish import Published, publish, read_plan, write_worklists
from scld_core.services.day.run import DayResult
from scld_core.services.worklist import read_confirmations
from scld_core.wiring.opening import Opening
from support.clock import Ticking
from support.districts import plugins
from support.hotspots import device, line

ZONE = ZoneInfo("America/Los_Angeles")
MONDAY = date(2026, 10, 5)
INVENTORY = ("item", "barcode", "imei", "iccid", "msisdn", "carrier", "home", "model")
EXTRACT = ("item", "barcode", "status", "since", "loan", "due", "checked_out", "returned", "household", "as_of")

PATRON = "canary-patron-household"
"""Begins every household key of these districts: it may lie in an extract and nowhere else."""

POLICY: Mapping[str, object] = {
    "grace_days": 2,
    "max_fact_age_minutes": 240,
    "lost_terminate_after_days": 60,
    "pending_limit_hours": 48,
    "max_batch_count": 10,
    "max_batch_fraction": 0.8,
    "max_missing_fraction": 0.2,
    "per_household": 1,
    "cooling_off_hours": 24,
}

CLOSURES = """
[[calendar.closures]]
first = 2026-11-26
last = 2026-11-27
reason = "Thanksgiving"
"""

ANNE, BERT, CORA = "anne", "bert", "cora"
"""An associate; a supervisor; somebody without a role."""


def at(day: date, hour: int = 8, minute: int = 0) -> datetime:
    """The instant of a wall time in the district."""
    return local_instant(day, time(hour, minute), ZONE)


def wall(moment: datetime) -> datetime:
    """The same instant on the district's wall."""
    return moment.astimezone(ZONE)


@define
class Copy:
    """A hotspot's item as the ILS shows it."""

    status: str = "checked_in"
    since: datetime | None = None
    loan: str = ""
    due: date | datetime | None = None
    out: datetime | None = None
    household: str = ""


@frozen
class Morning:
    """What a run ended with, as the command line would tell it."""

    code: int
    strict: int = 0
    error: str = ""
    result: DayResult | None = None
    published: Published | None = None

    @property
    def json(self) -> dict[str, object]:
        """What ``--json`` prints."""
        return day_object(self.result)

    @property
    def asked(self) -> list[tuple[str, int, str]]:
        """Verb, device and result of each step."""
        return sorted((_verb(r.action), number_of(r.subject), r.result) for r in self.result.receipts)

    @property
    def planned(self) -> list[tuple[str, int]]:
        """Verb and device of each planned step."""
        return sorted((_verb(s.action), number_of(s.subject)) for s in self.result.plan.steps)

    @property
    def waits(self) -> list[tuple[str, int, str]]:
        """Verb, device and who is waited for."""
        return sorted((_verb(w.action), number_of(w.subject), w.on) for w in self.result.plan.waiting)

    @property
    def exceptions(self) -> list[str]:
        """The codes of the exception list."""
        return sorted(e.code for e in self.result.plan.exceptions)

    @property
    def page(self) -> str:
        """The report."""
        return self.published.report.read_text(encoding="utf-8")

    def worklist(self, carrier: str = "carrier") -> Path:
        """The CSV to tick of that carrier."""
        return next(d.files.csv for d in self.published.deliveries if d.carrier == carrier)

    def bulk(self, carrier: str = "carrier") -> Path | None:
        """The bulk file of that carrier."""
        return next(d.bulk for d in self.published.deliveries if d.carrier == carrier)


def _verb(action: str) -> str:
    return action.removeprefix("hotspots.")


def number_of(subject: str) -> int:
    """The device of a step's subject."""
    return int(subject.removeprefix("main:i"))


def by_sim(iccid: str) -> int:
    """The device that holds a SIM."""
    return int(iccid[10:18])


class Town:
    """A district's folder, its clock, what its ILS knows, and what was slept."""

    def __init__(
        self,
        template: Path,
        folder: Path,
        carriers: Mapping[str, str],
        devices: Mapping[int, str],
        *,
        clock: Ticking | None = None,
        auto: bool = True,
        inventory: str = "hotspots.csv",
        **policy: object,
    ) -> None:
        shutil.copytree(template, folder)
        self.folder = folder
        self.clock = clock or Ticking(at(MONDAY))
        self.slept: list[float] = []
        self.transports: dict[str, object] = {}
        self.devices = dict(devices)
        self.copies = {n: Copy(since=self.clock.now() - timedelta(days=9)) for n in devices}
        self.inventory = inventory
        self.edit(lambda text: _filled(text, carriers, auto=auto, inventory=inventory, policy={**POLICY, **policy}))
        self.list_devices()

    # what people keep in the folder

    def edit(self, change) -> None:
        """Change district.toml in an editor."""
        path = self.folder / "district.toml"
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    def list_devices(self, only: Iterable[int] | None = None) -> None:
        """Write the inventory, as CSV or XLSX after its name."""
        numbers = self.devices if only is None else only
        rows = [INVENTORY, *(_device_row(n, self.devices[n]) for n in numbers)]
        path = (self.folder / self.inventory).with_suffix(".csv")
        path.write_text(_csv(rows), encoding="utf-8")
        if self.inventory.endswith(".xlsx"):
            as_workbook(path)

    def extract(self, as_of: datetime | None = None, only: Iterable[int] | None = None) -> Path:
        """Run the ILS's report and save it."""
        as_of = as_of or self.clock.now() - timedelta(minutes=20)
        numbers = self.copies if only is None else only
        rows = [EXTRACT, *(_copy_row(n, self.copies[n], as_of) for n in numbers)]
        path = self.folder / "extracts" / f"hotspot-loans-{wall(as_of):%Y-%m-%dT%H%M%z}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(_csv(rows), encoding="utf-8")
        return path

    # what happens in the library

    def lend(self, number: int, due: date | datetime, loan: str = "") -> None:
        """Somebody borrows a hotspot, or renews it."""
        own = loan or f"l{number}"
        out = self.clock.now() - timedelta(days=14)
        self.copies[number] = Copy("on_loan", None, own, due, out, f"{PATRON}-{number}")

    def put(self, number: int, status: str = "checked_in", since: datetime | None = None) -> None:
        """A hotspot comes back, or is lost, withdrawn and so on, an hour ago."""
        self.copies[number] = Copy(status, since or self.clock.now() - timedelta(hours=1))

    def sleep_until(self, day: date, hour: int = 8, minute: int = 0) -> None:
        """Let time pass; the ILS's report runs by itself before the new present."""
        moment = at(day, hour, minute)
        assert moment >= self.clock.now()
        self.clock.at = moment
        self.extract()

    # what people run

    def open(self, actor: str = ANNE, **more: object):
        """The desk."""
        options = Options(
            clock=self.clock, registry=plugins(), sleep=self.slept.append, transports=self.transports, **more
        )
        return open_desk(self.folder, actor=actor, options=options)

    def morning(self, actor: str = ANNE, *, dry_run: bool = False, blast: int | None = None, **more: object) -> Morning:
        """`scld day`."""
        try:
            with self.open(actor, **more) as desk:
                result = desk.day.run(dry_run=dry_run, confirm_blast_radius=blast)
                published = publish(result, desk)
        except ScldError as error:
            return Morning(codes.code_of(error), codes.code_of(error), str(error))
        plain, strict = (codes.code_of_day(result, strict=strict) for strict in (False, True))
        return Morning(plain, strict, "", result, published)

    def confirm(self, worklist: Path, actor: str = ANNE) -> tuple[list[tuple[int, str]], list[str]]:
        """`scld confirm`: device and result of each receipt, and the rows that were not used."""
        with self.open(actor) as desk:
            read = read_confirmations(worklist)
            done = desk.runs.confirm(read.rows, source=worklist.name)
        refused = [str(row) for row in (*read.quarantined, *done.refused)]
        return sorted((number_of(r.subject), r.result) for r in done.receipts), refused

    def apply(self, plan: Path, only: Sequence[str] = (), actor: str = ANNE) -> tuple[Receipt, ...]:
        """`scld apply`."""
        with self.open(actor) as desk:
            receipts = desk.runs.apply(read_plan(plan), only=only)
            write_worklists(desk, "apply")
        return receipts

    def undo(self, run: str, actor: str = ANNE) -> tuple[tuple[Receipt, ...], tuple[Path, ...]]:
        """`scld undo`: the receipts, and the worklists that it left."""
        with self.open(actor) as desk:
            undone = desk.runs.undo(run)
            left = write_worklists(desk, "undo")
        return undone.receipts, tuple(d.files.csv for d in left)

    def approve(self, *steps: str, actor: str = BERT, reason: str = "looked at it") -> None:
        """`scld approve`."""
        with self.open(actor) as desk:
            desk.runs.approve(steps, reason=reason)

    # what the district remembers

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """A transaction of the store alone: no carrier is asked, nor its secret."""
        with ExitStack() as stack:
            opening = Opening.of(self.folder, Options(clock=self.clock, registry=plugins()))
            yield stack.enter_context(opening.store(stack).transaction())

    def records(self) -> list[StepRecord]:
        """Every step, oldest change first."""
        with self.unit() as unit:
            return list(unit.steps.history("hotspots", EPOCH))

    def journal(self) -> list[JournalEntry]:
        """The audit trail."""
        with self.unit() as unit:
            return list(unit.journal.entries())

    def record(self, verb: str, number: int) -> StepRecord:
        """The latest step of that kind for the device."""
        return next(
            r for r in reversed(self.records()) if (_verb(r.step.action), number_of(r.step.subject)) == (verb, number)
        )

    def wishes(self) -> dict[int, Wish | None]:
        """The service that each device should have now, by the rule and the newest extract."""
        with self.open() as desk:
            systems = desk.hotspots.systems
            ruling = systems.ruling(self.clock.now())
            found = {d.item: systems.loans.get(d.item) for d in desk.hotspots.devices()}
        wished = (desired(item, ruling.policy, ruling.calendar, ruling.now) for item in found.values())
        return {number_of(str(item)): one.wish for item, one in zip(found, wished, strict=True)}

    def traces(self) -> str:
        """All that the district keeps and people read, but the extracts that came from the ILS: one text."""
        parts: list[str] = []
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path.parent.name != "extracts":
                parts.append(path.read_bytes().decode("latin-1"))
        return "\n".join(parts)


def _filled(text: str, carriers: Mapping[str, str], *, auto: bool, inventory: str, policy: Mapping[str, object]) -> str:
    """The district.toml of `scld init` with its comments taken out and its values put in."""
    for key, value in policy.items():
        text, count = re.subn(rf"^# {key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
        text += "" if count else f"{key} = {value}\n"
    head, calendar = text.split("# Open hours;", 1)
    days, people = calendar.split("# Who may do what", 1)
    days = re.sub(r"^# (\[\[|\w+day)", r"\1", days, flags=re.MULTILINE)
    people = people.replace('# jdoe = ["associate"]', 'anne = ["associate"]')
    people = people.replace('# mroe = ["supervisor"]', 'bert = ["supervisor"]')
    head = re.sub(r"^# (\[backends.main\]|use = \"files\"|path = )", r"\1", head, flags=re.MULTILINE)
    head = head.replace('inventory = "hotspots.csv"', f'inventory = "{inventory}"')
    if auto:
        head = head.replace("auto_apply = []", 'auto_apply = ["hotspots"]')
    tables = "".join(f"[backends.{name}]\n{table}\n" for name, table in carriers.items())
    return f"{head}# Open hours;{days}{CLOSURES}\n# Who may do what{people}\n{tables}"


def _device_row(number: int, carrier: str) -> tuple[str, ...]:
    one = device(number)
    msisdn = f"509555{number:04d}"
    return (f"i{number}", str(one.barcode), str(one.line.imei), str(one.line.iccid), msisdn, carrier, "cheney", "M1")


def _copy_row(number: int, copy: Copy, as_of: datetime) -> tuple[str, ...]:
    def text(value: object) -> str:
        if isinstance(value, datetime):
            return wall(value).isoformat()
        return value.isoformat() if isinstance(value, date) else ""

    return (
        f"i{number}",
        str(device(number).barcode),
        copy.status,
        text(copy.since),
        copy.loan,
        text(copy.due),
        text(copy.out),
        "",
        copy.household,
        text(as_of),
    )


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def as_workbook(path: Path) -> None:
    """Save a CSV as a workbook of text cells in its place."""
    book = openpyxl.Workbook()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            book.active.append(row)
    book.save(path.with_suffix(".xlsx"))
    path.unlink()


class Portal:
    """A carrier's portal in which a person works: its lines, its export, its upload of bulk files."""

    TABLE = """use = "portal-csv"
export = "exports/*.csv"
extracted_at = "name"
columns = { imei = "IMEI", iccid = "ICCID", status = "Status" }
words = { "Active" = "active", "Suspended" = "suspended", "Deactivated" = "terminated" }
expires_hours = 24
"""
    BLIND = 'use = "portal-csv"\n'
    _WORDS = {"suspend": "Suspended", "restore": "Active", "terminate": "Deactivated"}

    def __init__(self, town: Town, numbers: Iterable[int], folder: str = "exports") -> None:
        self.town = town
        self.words = dict.fromkeys(numbers, "Active")
        self.folder = town.folder / folder

    def export(self, made: datetime | None = None, *, only: Iterable[int] | None = None, header: str = "") -> Path:
        """Save the list of lines; by default it was made half an hour ago."""
        made = made or self.town.clock.now() - timedelta(minutes=30)
        shown = self.words if only is None else only
        rows = [(header or "IMEI,ICCID,Status").split(","), *(_line_row(n, self.words[n]) for n in shown)]
        path = self.folder / f"lines-{wall(made):%Y-%m-%dT%H%M}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(_csv(rows), encoding="utf-8")
        return path

    def upload(self, bulk: Path) -> None:
        """Do what a bulk file asks, as the portal would."""
        for row in csv.DictReader(io.StringIO(bulk.read_text(encoding="utf-8-sig"))):
            self.do(by_sim(row["iccid"].strip('="')), row["action"])

    def do(self, number: int, verb: str) -> None:
        """What an operator presses."""
        self.words[number] = self._WORDS[verb]


def _line_row(number: int, word: str) -> tuple[str, str, str]:
    return str(line(number).imei), str(line(number).iccid), word


def tick(worklist: Path, marks: Mapping[str, tuple[str, str]], *, other: tuple[str, str] = ("", "")) -> Path:
    """Fill in the columns done and rechecked of a worklist, by step; `other` is for the rest of the rows."""
    with worklist.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header == ["step", "done", "rechecked", "note"]
    for row in rows:
        row[1], row[2] = marks.get(row[0].removeprefix("scld-"), other)
    worklist.write_text(_csv([header, *rows]), encoding="utf-8")
    return worklist


def tick_all(worklist: Path) -> Path:
    """Both boxes of every row."""
    return tick(worklist, {}, other=("x", "x"))


def sound(folder: Path) -> None:
    """SQLite's own check of the store."""
    with closing(sqlite3.connect(folder / "district.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
