"""A district over months: debts, payments, files that get lost, an ILS that breaks off, processes that die."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from scld_core.agency.eligibility import HoldCause
from scld_core.agency.states import ReferralState, Resolution
from scld_core.fees.model import ChargeKind, EntryKind
from scld_core.runs.engine import Engine
from scld_core.services.day.run import Day
from support.referrals import ANNE, Agency, Shaky, World, patron_id

NUMBERS = (1, 2, 3)
_faults = st.lists(st.sampled_from(["", "before", "after"]), max_size=4)


class Killed(BaseException):
    """The process is gone."""


class Careful(Agency):
    """An agency that looks at each new row for the law."""

    def work(self, name, content):
        """Every new patron was told of it at least thirty days ago."""
        super().work(name, content)
        for file, row in self.rows("new"):
            day = self.world.clock.now().date()
            notices = self.world.noticed.get(row["borrowernumber"], ())
            assert any(day - notice >= timedelta(days=30) for notice in notices), file


class Months(RuleBasedStateMachine):
    """What may happen, in any order; `spoil` plants a bug into the office."""

    spoil = staticmethod(lambda world: None)
    laws = (
        "a_fee_at_most_once_for_each_referral",
        "no_effect_without_a_file_at_the_agency",
        "every_file_came_once_and_has_a_number",
    )

    def __init__(self):
        super().__init__()
        self.agency = Careful()
        self.world = World(agency=self.agency)
        self.agency.world = self.world
        self.ils = []
        world = self.world
        world.vary(patrons=Shaky(world.patrons, self.ils), fees=Shaky(world.fees, self.ils))
        self.saved = None
        self.evidence = 0
        for number in NUMBERS:
            world.enter(number, 1000, notice=None)
        self.spoil(world)

    # what happens at the desk

    @rule(number=st.sampled_from(NUMBERS), cents=st.sampled_from([500, 6000]))
    def owe(self, number, cents):
        self.world.owe(number, cents, at=self.world.clock.now() - timedelta(days=46))

    @rule(number=st.sampled_from(NUMBERS))
    def notify(self, number):
        key = f"p{number}"
        self.world.noticed[key] = (*self.world.noticed.get(key, ()), self.world.today)

    @rule(number=st.sampled_from(NUMBERS), big=st.booleans())
    def debt(self, number, big):
        """A patron who may be referred a month from now."""
        self.owe(number, 9000 if big else 5000)
        self.notify(number)

    @rule(number=st.sampled_from(NUMBERS), kind=st.sampled_from([EntryKind.PAYMENT, EntryKind.WAIVER]))
    def settle(self, number, kind):
        self.world.settle(number, kind)

    @rule(number=st.sampled_from(NUMBERS))
    def pay_some(self, number):
        self.world.settle(number, cents=700)

    # what is heard of the agency, and decided

    def _open(self, number, *states):
        mine = self.world.desk.book().episodes.values()
        return [one.id for one in mine if one.patron == f"p{number}" and one.state in states]

    def _shown(self):
        self.evidence += 1
        return f"form {self.evidence}"

    @rule(number=st.sampled_from(NUMBERS), accepts=st.booleans())
    def answer(self, number, accepts):
        for referral in self._open(number, ReferralState.SENT):
            if accepts:
                self.world.desk.accept(referral, evidence=self._shown())
            else:
                self.agency.balances.pop(f"p{number}", None)
                self.world.desk.reject(referral, evidence=self._shown(), reason="no such address")

    @rule(number=st.sampled_from(NUMBERS))
    def take_back(self, number):
        for referral in self._open(number, ReferralState.SENT, ReferralState.ACTIVE, ReferralState.QUEUED):
            self.world.desk.take_back(referral, Resolution.ERROR, evidence=self._shown())

    @rule(number=st.sampled_from(NUMBERS), cause=st.sampled_from([HoldCause.DISPUTE, HoldCause.BANKRUPTCY]))
    def hold(self, number, cause):
        for referral in self._open(number, ReferralState.ACTIVE, ReferralState.SENT):
            self.world.desk.hold(referral, cause, evidence=self._shown())

    @rule()
    def release(self):
        for one in self.world.desk.book().episodes.values():
            for cause in sorted(one.causes, key=str):
                self.world.desk.release(one.id, cause, evidence=self._shown())

    # runs

    @rule(days=st.integers(1, 8))
    def wait(self, days):
        self.world.next_day(days)

    @rule(files=_faults, ils=_faults)
    def morning(self, files, ils):
        self.agency.faults[:], self.ils[:] = files, ils
        self.world.clock.tick(minutes=1)
        self.world.morning()
        self.agency.faults.clear()
        self.ils.clear()

    @rule(after=st.integers(0, 12), files=_faults)
    def killed(self, after, files):
        """A run whose process dies at one of its stages."""
        self.agency.faults[:] = files
        left = [after]

        def dying(stage):
            left[0] -= 1
            if left[0] < 0:
                raise Killed

        day = self.world.day()
        engine = day.engine
        mortal = Engine(engine.store, engine.actions, engine.clock, ANNE, engine.sleep, progress=dying)
        with suppress(Killed):
            Day(day.district, day.business_day, day.areas, mortal, day.auto_apply).run()
        self.agency.faults.clear()

    @rule()
    def save(self):
        self.saved = self.world.day().plan()

    @rule()
    def replay(self):
        """A plan of some time ago is applied as it stands."""
        if self.saved is not None:
            engine = self.world.engine()
            with engine.exclusive():
                engine.resume()
                engine.apply(self.saved.steps, "replay")

    @rule(number=st.sampled_from(NUMBERS), told=st.booleans(), files=_faults, ils=_faults)
    def referred(self, number, told, files, ils):
        """A month goes by after a debt, then a week of mornings with so many faults in them."""
        self.owe(number, 9000)
        if told:
            self.notify(number)
        self.wait(35)
        self.agency.faults[:], self.ils[:] = files, ils
        for _ in range(7):
            self.wait(1)
            self.world.morning()
        self.agency.faults.clear()
        self.ils.clear()

    # laws

    def _episodes(self, number):
        return [one for one in self.world.desk.book().episodes.values() if one.patron == f"p{number}"]

    def _fees(self, number):
        return [c for c in self.world.account(number).charges if c.kind is ChargeKind.AGENCY_FEE]

    @invariant()
    def a_fee_at_most_once_for_each_referral(self):
        for number in NUMBERS:
            assert len(self._fees(number)) <= sum(one.delivered for one in self._episodes(number))

    @invariant()
    def no_effect_without_a_file_at_the_agency(self):
        there = self.agency.submitted
        for number in NUMBERS:
            patron = self.world.patrons.get(patron_id(number))
            assert len(self._fees(number)) <= there[f"p{number}"]
            assert there[f"p{number}"] or not (patron.flag or patron.blocks)

    @invariant()
    def every_file_came_once_and_has_a_number(self):
        assert all(count == 1 for count in self.agency.came.values())
        batches = self.world.desk.book().batches
        assert [batch.number for batch in batches] == list(range(1, len(batches) + 1))
        assert set(self.agency.files) <= {batch.name for batch in batches}

    def teardown(self):
        """Left in peace for some days, both sides say the same and nothing is left to do."""
        self.release()
        for _ in range(4):
            self.wait(1)
            result = self.world.morning()
            assert result.residual == 0, result.verification
        self.agrees()

    def agrees(self):
        owed = {}
        for number in NUMBERS:
            mine = self._episodes(number)
            open_ = [one for one in mine if one.is_open]
            patron = self.world.patrons.get(patron_id(number))
            assert (patron.flag is not None) is bool(open_)
            assert bool(patron.blocks) is bool(open_)
            if open_:
                owed[f"p{number}"] = self.world.reported(number)
        assert self.agency.balances == owed


def months(spoil=None):
    """The machine, with a bug in its office where one is given."""
    return type("Months", (Months,), {} if spoil is None else {"spoil": staticmethod(spoil)})


def run_months(spoil=None, *, examples, steps=12, phases=tuple(Phase)):
    """Run the machine; the first law that does not hold raises AssertionError."""
    run_state_machine_as_test(
        months(spoil),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            phases=phases,
            deadline=None,
            database=None,
            derandomize=True,
            report_multiple_bugs=False,
            print_blob=False,
        ),
    )
