"""A collection office in miniature: one patron, two agencies, and everything that can go wrong between them.

What is durable is explicit: the histories, the ILS's ledger and record, what each agency holds. A crash
ends a job after any of its effects; a file may be lost, arrive, or arrive without our hearing of it.
"""

from collections import Counter
from datetime import timedelta

from attrs import define, evolve, field, frozen
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from scld_core.agency.eligibility import HoldCause
from scld_core.agency.referral import Duty, EffectKind, Shown, obligations, open_referrals, owed_effects
from scld_core.agency.states import ReferralEvent, ReferralState, Resolution
from scld_core.kernel.money import Money
from support.collection import NOON, POLICY, TODAY, happening, opened

E, S, K = ReferralEvent, ReferralState, EffectKind
AGENCIES = ("gentle", "other")


@frozen
class Rules:
    """The rules under test; a planted bug replaces one of them.

    `effects` also sees how often the feature was switched off and on; `duties` what was already put
    into a file, and the day; `find` picks the referrals that an acknowledgement of an agency is about.
    """

    effects: object = lambda episodes, shown, switched: owed_effects(episodes, shown)
    duties: object = lambda episodes, balances, filed, day: obligations(episodes, balances, POLICY)
    find: object = open_referrals


@define
class Ledger:
    """The ILS: an account, a flag, a block. A charge with a key that it knows adds nothing."""

    owed: int = 6000
    shown: Shown = field(factory=Shown)
    keys: set = field(factory=set)
    posts: Counter = field(factory=Counter)

    def apply(self, effect):
        if effect.kind in (K.CHARGE_FEE, K.REVERSE_FEE):
            if effect.key in self.keys:
                return
            self.keys.add(effect.key)
            referral = effect.key.split(":")[1]
            sign, name = (1, "charged") if effect.kind is K.CHARGE_FEE else (-1, "reversed")
            self.posts[(referral, name)] += 1
            self.owed += sign * effect.amount.cents
            self.shown = evolve(self.shown, **{name: getattr(self.shown, name) | {referral}})
        elif effect.kind in (K.SET_FLAG, K.CLEAR_FLAG):
            self.shown = evolve(self.shown, flagged=effect.kind is K.SET_FLAG)
        else:
            self.shown = evolve(self.shown, blocked=effect.kind is K.SET_BLOCK)


class Office(RuleBasedStateMachine):
    """The office that works by the rules given."""

    works_by = Rules()
    laws = (
        "a_fee_is_charged_once_at_most",
        "nothing_happens_to_the_patron_before_a_receipt",
        "a_zero_is_owed_until_it_is_acknowledged",
    )

    def __init__(self):
        super().__init__()
        self.ledger = Ledger()
        self.episodes = []
        self.held_there = {agency: {} for agency in AGENCIES}
        self.over = set()  # referrals whose end an agency has confirmed to us
        self.filed = set()
        self.switched = 0
        self.files = 0
        self.day = TODAY

    # what is true

    def record(self, episode, event, **more):
        at = NOON + timedelta(hours=sum(len(e.history) for e in self.episodes))
        grown = episode.after(happening(event, at=at, **more))
        self.episodes = [grown if e.id == episode.id else e for e in self.episodes]

    def effects(self):
        return self.works_by.effects(self.episodes, self.ledger.shown, self.switched)

    def duties(self):
        balances = {"N1001": Money(self.ledger.owed)}
        return self.works_by.duties(self.episodes, balances, self.filed, self.day)

    def of(self, *states):
        return [episode for episode in self.episodes if episode.state in states]

    # what happens

    @rule(agency=st.sampled_from(AGENCIES))
    def select(self, agency):
        if not open_referrals(self.episodes, agency) and self.ledger.owed > 0 and len(self.episodes) < 4:
            self.episodes.append(opened(f"r{len(self.episodes)}", agency=agency))

    @rule(agency=st.sampled_from(AGENCIES), accepted=st.booleans(), crash_after=st.integers(0, 4))
    def submit(self, agency, accepted, crash_after):
        """A week in which the file arrives, and the work in the ILS may break off."""
        self.select(agency)
        self.deliver("arrived")
        if accepted:
            self.answer("accepted")
        self.work(crash_after)

    @rule(fate=st.sampled_from(["lost", "arrived", "unheard"]))
    def deliver(self, fate):
        for episode in self.of(S.QUEUED):
            if fate != "lost":
                told = (episode.amount + episode.fee).cents
                self.held_there[episode.agency].setdefault(episode.id, told)
            if fate == "arrived":
                told = episode.amount + episode.fee
                self.record(episode, E.DELIVERED, evidence=f"receipt {episode.id}", amount=told)
            else:
                self.record(episode, E.DELIVERY_FAILED, evidence=f"no receipt {len(episode.history)}")

    @rule(fate=st.sampled_from(["accepted", "accepted", "rejected"]))
    def answer(self, fate):
        for episode in self.of(S.SENT):
            if fate == "rejected":
                self.held_there[episode.agency].pop(episode.id, None)
                self.over.add(episode.id)
                self.record(episode, E.REJECTED, evidence="answer")
            else:
                self.record(episode, E.ACCEPTED, evidence="answer")

    @rule(crash_after=st.integers(0, 4))
    def work(self, crash_after):
        for effect in self.effects()[:crash_after]:
            self.ledger.apply(effect)

    @rule(cents=st.sampled_from([-1000, 500, 2000]))
    def book(self, cents):
        self.ledger.owed = max(self.ledger.owed + cents, 0)
        self.look()

    @rule()
    def pay_all(self):
        self.ledger.owed = 0
        self.look()

    def look(self):
        """What happens at the desk is written down at once."""
        number = self.ledger.owed, sum(len(e.history) for e in self.episodes)
        if POLICY.settled(Money(self.ledger.owed)):
            for episode in self.of(S.ACTIVE, S.SENT, S.ON_HOLD):
                self.record(episode, E.SETTLED, evidence=f"ledger {number}", resolution=Resolution.PAID)
        else:
            for episode in self.of(S.PAID_PENDING_REPORT):
                self.record(episode, E.OWES_AGAIN, evidence=f"ledger {number}")

    @rule(fate=st.sampled_from(["lost", "arrived", "unheard"]), agency=st.sampled_from(AGENCIES))
    def update(self, fate, agency):
        self.files += 1
        for duty in [duty for duty in self.duties() if duty.agency == agency]:
            self.filed.add((duty.referral, duty.duty))
            self.report(duty)
            if fate != "lost":
                self.arrive(duty)
            if fate == "arrived":
                self.acknowledge(duty)

    def report(self, duty):
        if duty.duty in (Duty.ZERO, Duty.BALANCE):
            (episode,) = [e for e in self.episodes if e.id == duty.referral]
            self.record(episode, E.BALANCE_REPORTED, evidence=f"file {self.files}", amount=duty.amount)

    def arrive(self, duty):
        there = self.held_there[duty.agency]
        if duty.duty in (Duty.ZERO, Duty.REMOVE):
            there.pop(duty.referral, None)
        elif duty.referral in there and duty.amount is not None:
            (episode,) = [e for e in self.episodes if e.id == duty.referral]
            raised = duty.amount.cents > there[duty.referral]
            assert not (raised and episode.causes), "a debt on hold was raised at the agency"
            there[duty.referral] = duty.amount.cents

    def acknowledge(self, duty):
        events = {Duty.ZERO: E.ZERO_ACKNOWLEDGED, Duty.REMOVE: E.REMOVAL_ACKNOWLEDGED}
        event = events.get(duty.duty, E.BALANCE_ACKNOWLEDGED)
        amount = duty.amount if event is E.BALANCE_ACKNOWLEDGED else None
        if event is not E.BALANCE_ACKNOWLEDGED:
            self.over.add(duty.referral)
        for episode in self.works_by.find(self.episodes, duty.agency)[:1]:
            self.record(episode, event, evidence=f"file {self.files}", amount=amount)

    @rule(cause=st.sampled_from(HoldCause))
    def hold(self, cause):
        for episode in self.of(S.ACTIVE, S.SENT):
            self.record(episode, E.HELD, evidence=f"form {len(episode.history)}", cause=cause)

    @rule()
    def release(self):
        for episode in self.of(S.ON_HOLD):
            for cause in sorted(episode.causes, key=str):
                (now,) = [e for e in self.episodes if e.id == episode.id]
                self.record(now, E.RELEASED, evidence=f"form {len(now.history)}", cause=cause)

    @rule(resolution=st.sampled_from([Resolution.ERROR, Resolution.WAIVED]))
    @precondition(lambda self: self.episodes)
    def remove(self, resolution):
        episode = self.episodes[-1]
        if episode.is_open and episode.state is not S.REMOVED_PENDING_ACK:
            self.record(episode, E.REMOVED, evidence="form", resolution=resolution)

    @rule()
    def switch_off_and_on(self):
        """Switching the feature off clears flag and block by hand; the fees stay."""
        self.switched += 1
        self.ledger.shown = evolve(self.ledger.shown, flagged=False, blocked=False)

    @rule()
    def sleep(self):
        self.day += timedelta(days=1)

    # what must always hold

    @invariant()
    def a_fee_is_charged_once_at_most(self):
        assert all(count <= 1 for count in self.ledger.posts.values())

    @invariant()
    def nothing_happens_to_the_patron_before_a_receipt(self):
        if not any(episode.delivered for episode in self.episodes):
            shown = self.ledger.shown
            assert not shown.flagged
            assert not shown.blocked
            assert not shown.charged

    @invariant()
    def a_zero_is_owed_until_it_is_acknowledged(self):
        owed = {duty.referral for duty in self.duties() if duty.duty in (Duty.ZERO, Duty.REMOVE)}
        for episode in self.episodes:
            nothing_left = POLICY.settled(Money(self.ledger.owed))
            if episode.delivered and nothing_left and episode.id not in self.over:
                assert episode.id in owed

    def teardown(self):
        """Left in peace, both sides come to say the same, and then nothing is left to do."""
        for _ in range(6):
            self.deliver("arrived")
            self.answer("accepted")
            self.work(99)
            for agency in AGENCIES:
                self.update("arrived", agency)
        self.agrees()
        assert not self.effects()
        assert not self.duties()

    def agrees(self):
        for agency in AGENCIES:
            for referral, told in self.held_there[agency].items():
                (episode,) = [e for e in self.episodes if e.id == referral]
                assert episode.is_open
                # on hold, a file that may have arrived keeps its word until the hold is over
                assert told == self.ledger.owed or episode.causes
        shown, held = self.ledger.shown, self.of(S.ON_HOLD)
        if not held:
            open_ones = [e for e in self.episodes if e.is_open]
            assert shown.flagged is bool(open_ones)
            assert shown.blocked is bool(self.of(S.ACTIVE, S.SENT))
        assert all(episode.id in shown.charged for episode in self.of(S.ACTIVE))
        ended = [e for e in self.episodes if e.state is S.REJECTED or e.resolution is Resolution.ERROR]
        assert all(e.id in shown.reversed for e in ended if e.id in shown.charged)


def office_by(rules):
    """The office that works by these rules."""
    return type("Office", (Office,), {"works_by": rules})


def run_office(rules, *, examples, steps=10, phases=tuple(Phase)):
    """Run the machine; the first law that does not hold raises AssertionError."""
    run_state_machine_as_test(
        office_by(rules),
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
