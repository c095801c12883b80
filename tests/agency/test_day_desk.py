"""The area at work: one write path, a recheck by the files, and a crash between the worklist and the tick."""

from datetime import timedelta

import pytest

from scld_adapters.agencies.declarations import dialects
from scld_core.agency.actions import Systems
from scld_core.agency.desk import AgencyDesk, agency_area, case_key
from scld_core.agency.gather import Comparer, Files
from scld_core.agency.limits import AgencyLimits
from scld_core.agency.posting import Ils
from scld_core.agency.steps import TELL
from scld_core.errors import BadInput, StaleFacts
from scld_core.kernel.actor import Actor
from scld_core.kernel.ids import PatronId
from scld_core.memory.fees import MemoryFees
from scld_core.memory.patrons import MemoryPatrons
from scld_core.memory.store import MemoryStore
from scld_core.patrons.person import CollectionFlag, Patron
from scld_core.runs.engine import Engine
from scld_core.runs.model import StepState
from scld_core.runs.people import Confirmation, confirm
from scld_core.runs.read_only import ReadOnlyStore
from scld_core.services.day.run import Day
from support.agency import TERMS
from support.agency_case import MORNING, CaseFolder
from support.agency_day import ruling
from support.clock import Ticking

LIMITS = AgencyLimits(max_fact_age_minutes=240, max_missing_fraction=0.3, max_batch_count=25, max_batch_fraction=1.0)
ANNE = Actor("anne")


class Killed(BaseException):
    """The process ends here; nothing of it catches this."""


def killing(stage, number):
    """A progress callback that ends the process when that stage comes for the n-th time."""
    seen = []

    def progress(now):
        seen.extend([now] if now.what == stage else [])
        if len(seen) == number:
            raise Killed

    return progress


class Place:
    """A folder with snapshot and list, a store, and a day of this one area."""

    def __init__(self, tmp_path, ils=None):
        tmp_path.mkdir(exist_ok=True)
        self.case = CaseFolder(tmp_path)
        self.store = MemoryStore()
        self.clock = Ticking(MORNING + timedelta(hours=1))
        comparer = Comparer(Files(self.case.folder, "ils.csv", "inbound.csv", dialect=dialect))
        self.systems = Systems(comparer, ils or Ils("main"), lambda: ruling(TERMS, self.clock.now(), LIMITS))
        self.area = agency_area(self.systems)

    def day(self, progress=None):
        actions = {action.name: action for action in self.area.actions}
        more = {"progress": progress} if progress else {}
        engine = Engine(self.store, actions, self.clock, ANNE, lambda seconds: None, **more)
        return Day("Synthetic", MORNING.date(), (self.area,), engine, ("agency",))

    def confirm(self, *steps):
        rows = [Confirmation(step, done=True, rechecked=True) for step in steps]
        return confirm(self.store, rows, source="w.csv", actor=ANNE, clock=self.clock)

    def records(self):
        with self.store.transaction() as unit:
            return unit.steps.unresolved("agency")


def dialect():
    """The canonical export's layout."""
    return next(one for one in dialects() if one.name == "agency-export")


def test_a_run_puts_every_step_on_a_worklist_and_the_next_plans_nothing(tmp_path):
    """All steps wait for an operator, nothing is unexplained, and the same files ask for nothing more."""
    place = Place(tmp_path)
    first = place.day().run()
    assert first.plan.steps
    assert {receipt.result for receipt in first.receipts} == {"waiting"}
    assert first.residual == 0
    again = place.day().run()
    assert (again.plan.steps, again.receipts, again.residual) == ((), (), 0)
    assert {record.state for record in place.records()} == {StepState.WAITING_OPERATOR}
    assert place.area.bound is None


def test_a_ticked_row_is_a_receipt_and_waits_for_the_next_list(tmp_path):
    """After the tick the step is applied and the difference explained; the same file asks for nothing."""
    place = Place(tmp_path)
    steps = place.day().run().plan.steps
    told = next(step.id for step in steps if step.action == TELL)
    assert [receipt.result for receipt in place.confirm(told).receipts] == ["applied"]
    after = place.day().run()
    assert (after.plan.steps, after.residual) == ((), 0)
    assert [row.on for row in after.plan.waiting if row.step == told] == ["agency-list"]


@pytest.mark.parametrize("stage", ["rechecked", "prepared", "sent", "settled"])
def test_a_crash_on_the_way_to_the_worklist_loses_and_doubles_nothing(tmp_path, stage):
    """Killed at each stage of a step, the next run lists every step exactly once."""
    whole = {step.id for step in Place(tmp_path / "whole").day().run().plan.steps}
    place = Place(tmp_path / "cut")
    with pytest.raises(Killed):
        place.day(killing(stage, 3)).run()
    result = place.day().run()
    assert result.residual == 0
    open_ = [record.step.id for record in place.records()]
    assert len(open_) == len(set(open_))
    assert set(open_) == whole
    assert {record.state for record in place.records()} == {StepState.WAITING_OPERATOR}


def test_a_plan_of_yesterday_is_rechecked_by_the_files_of_today(tmp_path):
    """A step that the files ask for no more is skipped; on files too old nothing is done at all."""
    place = Place(tmp_path)
    day = place.day()
    plan = day.plan()
    removed = next(step for step in plan.steps if step.cause.startswith("remove"))
    place.case.edit("inbound.csv", lambda text: text.replace("62.00", "0.00").replace(",Open,", ",Closed,", 27))
    receipt = day.engine.execute(removed, "r-1")
    assert receipt.result == "skipped"
    assert "not_asked" in receipt.detail
    place.clock.tick(days=1)
    stale = day.engine.execute(next(s for s in plan.steps if s.id != removed.id), "r-1")
    assert (stale.result, "is 25 h 00 min old" in stale.detail) == ("failed", True)
    with pytest.raises(StaleFacts):
        day.plan()


def test_flags_and_fees_are_posted_where_the_ils_takes_them(tmp_path):
    """With an ILS that can be written only the agency's rows go to a worklist; the flag is really gone."""
    clock = Ticking(MORNING)
    patrons = MemoryPatrons(clock)
    ils = Ils("main", patrons, MemoryFees(clock, patrons))
    place = Place(tmp_path, ils)
    for step in place.day().plan().steps:
        number = step.payload.partition('"patron":"')[2].partition('"')[0]
        if number:
            flag = None if step.action == "agency.restore_flag" else CollectionFlag(referral=f"r-{number}")
            patrons.put(Patron(id=PatronId("main", number), as_of=MORNING, flag=flag))
    result = place.day().run()
    results = {(r.action, r.result) for r in result.receipts}
    assert (TELL, "waiting") in results
    assert ("agency.clear_flag", "applied") in results
    assert ("agency.charge_fee", "applied") in results
    assert ("agency.restore_flag", "applied") in results
    assert ("agency.reverse_fee", "waiting") in results  # no fee of that ILS: a person looks
    assert result.residual == 0
    cleared = next(s for s in result.plan.steps if s.action == "agency.clear_flag")
    number = cleared.payload.partition('"patron":"')[2].partition('"')[0]
    assert patrons.get(PatronId("main", number)).flag is None
    assert place.day().run().plan.steps == ()


def test_a_crash_after_posting_is_found_out_by_reading_back(tmp_path):
    """The flag was set and the run died: the next one sees that it is set, and does not ask again."""
    clock = Ticking(MORNING)
    patrons = MemoryPatrons(clock)
    place = Place(tmp_path, Ils("main", patrons, MemoryFees(clock, patrons)))
    day = place.day(killing("sent", 1))
    step = next(s for s in day.plan().steps if s.action == "agency.restore_flag")
    number = step.payload.partition('"patron":"')[2].partition('"')[0]
    patrons.put(Patron(id=PatronId("main", number), as_of=MORNING))
    with pytest.raises(Killed):
        day.engine.execute(step, "r-1")
    assert patrons.get(PatronId("main", number)).flag
    assert [record.state for record in place.day().engine.resume()] == [StepState.APPLIED]


def test_the_desk_tells_what_it_would_compare(tmp_path):
    """Facts, plan and a line for the doctor, without a run."""
    place = Place(tmp_path)
    desk = AgencyDesk(place.store, place.systems, place.clock, "Synthetic")
    assert desk.facts().accounts == 54
    assert desk.describe().startswith("ils.csv: 87 rows; inbound.csv: 54 rows")
    plan = desk.plan()
    assert (plan.district, [area.area for area in plan.areas]) == ("Synthetic", ["agency"])
    assert {step.id for step in plan.steps} == {step.id for step in place.day().plan().steps}


def test_the_key_of_the_cases_is_made_once_and_kept():
    """Two desks on one store name a case alike, two districts do not; a sample's key is fixed."""
    store = MemoryStore()
    assert case_key(store) == case_key(store)
    assert case_key(store) != case_key(MemoryStore())
    assert case_key(store, sample=True) == case_key(MemoryStore(), sample=True)


def test_a_store_that_may_only_be_looked_at_keeps_nothing():
    """There the key is for this once: what is planned with it cannot be carried out."""

    def stop():
        raise BadInput("clock", "stands still")

    store = MemoryStore()
    looking = ReadOnlyStore(store, stop)
    assert case_key(looking) != case_key(looking)
    kept = case_key(store)
    assert case_key(looking) == kept
