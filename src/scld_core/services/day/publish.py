"""What a run leaves in the district's folder: the report, the plan file, the worklists."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from attrs import frozen

from scld_core import codecs
from scld_core.errors import BadInput
from scld_core.hotspots.plan import AREA as HOTSPOTS
from scld_core.reporting.html import write_html
from scld_core.runs.model import Plan
from scld_core.services.day.agency import agency_sections, deliver_agency
from scld_core.services.day.hotspots import Delivery, deliver
from scld_core.services.day.referrals import deliver_referrals
from scld_core.services.day.report import day_report
from scld_core.services.day.run import DayResult
from scld_core.services.day.words import REASONS, TEXTS
from scld_core.services.files import check_writable, replace_file

if TYPE_CHECKING:
    from scld_core.wiring import Desk

__all__ = ["Published", "check_folders", "last_run", "publish", "read_plan", "write_plan", "write_worklists"]


@frozen
class Published:
    """The files of one run; None where there was nothing to write."""

    report: Path | None
    plan: Path | None
    deliveries: tuple[Delivery, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """All files a person may want to open."""
        lists = chain.from_iterable(delivery.paths for delivery in self.deliveries)
        return tuple(path for path in (self.report, self.plan, *lists) if path is not None)


def write_plan(plan: Plan, path: Path) -> Path:
    """Write a plan for `scld apply`."""
    return replace_file(path, codecs.dump(plan))


def read_plan(path: Path) -> Plan:
    """Read a plan file; BadInput when it is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise BadInput(str(path), f"cannot be read: {type(fault).__name__}", "Plans lie in DIR/plans") from None
    plan = codecs.load(Plan, text)
    for step in plan.steps:
        for reason in step.reasons:
            if not reason.fits(REASONS):
                problem = f"step {step.id} has the reason {reason.code}, which this version cannot say"
                raise BadInput(str(path), problem, "Make a new plan with: scld day DIR --dry-run")
    return plan


def write_worklists(desk: Desk, run: str) -> tuple[Delivery, ...]:
    """One worklist for each system for which steps wait for an operator."""
    with desk.store.transaction() as unit:
        open_ = unit.steps.unresolved()
    folder, now = desk.folder / "worklists", desk.clock.now()
    hotspots = [record for record in open_ if record.step.area == HOTSPOTS]
    carriers = desk.hotspots.systems.carriers
    lists = (
        *deliver(hotspots, carriers, folder, now, run=run, settings=desk.settings),
        *deliver_agency(open_, folder, now, run=run, settings=desk.settings),
    )
    if desk.referrals is None:
        return lists
    return (*lists, *deliver_referrals(open_, desk.referrals, folder, now, run=run, settings=desk.settings))


def check_folders(desk: Desk, *, dry_run: bool = False) -> None:
    """Try the folders in which a run leaves what people need, before it does anything; BadInput names the one."""
    for name in ("plans",) if dry_run else ("plans", "worklists", "reports"):
        check_writable(desk.folder / name)


def last_run(desk: Desk) -> str:
    """The id of the newest run in the run book, for the names of what it leaves."""
    return desk.runs.history()[-1].id


def publish(result: DayResult, desk: Desk) -> Published:
    """Write what a person reads or needs after a run; a dry run leaves its plan, to be applied later."""
    day = result.plan.business_day.isoformat()
    if not result.run:
        return Published(None, write_plan(result.plan, desk.folder / "plans" / f"{day}-dry-run.json"))
    held = write_plan(result.plan, desk.folder / "plans" / f"{result.run}.json") if result.held else None
    deliveries = write_worklists(desk, result.run)
    report = day_report(
        result.plan,
        result.receipts,
        result.verification,
        zone=ZoneInfo(desk.settings.district.timezone),
        actor=desk.actor.id,
        sample=desk.settings.district.sample,
        texts=TEXTS,
        settled=result.settled,
        unverified=result.unverified,
        areas=agency_sections(result, desk, deliveries),
        worklists={step: one.files.csv.name for one in deliveries for step in one.steps},
    )
    page = replace_file(desk.folder / "reports" / f"day-{result.run}.html", write_html(report))
    return Published(page, held, deliveries)
