"""A morning of the agency area over made-up worlds: facts, rulings, and an office that works its lists by hand."""

from datetime import timedelta

from attrs import evolve

from scld_core import codecs
from scld_core.agency.gather import AgencyFacts, Ruling
from scld_core.agency.limits import AgencyLimits
from scld_core.agency.model import Basis
from scld_core.agency.plan import ActionPlan, Do
from scld_core.agency.plan import Step as Deed
from scld_core.agency.reconcile import reconcile
from scld_core.agency.steps import TELL, Order, plan_agency
from scld_core.kernel.money import Money
from scld_core.runs.model import Facts, StepRecord, StepState
from support.agency import ILS_AT, LISTED_AT, NAMES, SENT_AT, TERMS, TwoSystems

LIMITS = AgencyLimits(
    max_fact_age_minutes=60 * 24 * 30, max_missing_fraction=1.0, max_batch_count=1000, max_batch_fraction=1.0
)
NOW = ILS_AT + timedelta(hours=1)
KEY = b"synthetic"


def ruling(terms=TERMS, now=NOW, limits=LIMITS):
    """The limits above on a made-up morning."""
    return Ruling(limits, terms, now, now.date(), "synthetic@1", KEY)


def facts_of(world, terms=TERMS, *, ils_at=ILS_AT, listed_at=LISTED_AT):
    """What comparing a world finds, as if its files were of those times."""
    (ils,), others = world.sides()
    comparison = reconcile(ils, terms=terms, **others)
    differences = tuple(comparison.differences())
    summary = comparison.summary()
    other = (NAMES[2], SENT_AT) if summary.basis is Basis.DRIFT else (NAMES[1], listed_at)
    other = (other[0], listed_at if listed_at is not LISTED_AT else other[1])
    sources = (
        Facts(NAMES[0], ils_at, len(world.ils), live=False),
        Facts(*other, len(world.agency or world.sent or ()), live=False),
    )
    return AgencyFacts(differences, summary, ils_at, other[1], sources)


def deed(step):
    """The steps of an order, as the two systems carry them out."""
    order = codecs.load(Order, step.payload)
    over = (Do.REMOVE, Do.WITHDRAW)
    return [
        Deed(
            ask.do, order.patron or None, order.account or None, order.card, Money(0) if ask.do in over else ask.amount
        )
        for ask in order.asks
    ]


class Office:
    """An office that takes each step onto a worklist, ticks what it did, and gets new files the next day."""

    def __init__(self, world, terms=TERMS):
        self.world, self.terms = world, terms
        self.records = {}
        self.days = 0

    @property
    def now(self):
        return NOW + timedelta(days=self.days)

    def facts(self):
        """The files of today; those of the first day are of the world's own times."""
        if not self.days:
            return facts_of(self.world, self.terms)
        made = ILS_AT + timedelta(days=self.days)
        return facts_of(self.world, self.terms, ils_at=made, listed_at=made)

    def plan(self):
        """The plan of today's files."""
        return plan_agency(self.facts(), tuple(self.records.values()), ruling(self.terms, self.now))

    def morning(self):
        """Plan, and put every step on a worklist, as a run does; gives the plan."""
        plan = self.plan()
        for gone in plan.withdrawals:
            self.records[gone.step] = evolve(self.records[gone.step], state=StepState.WITHDRAWN)
        for step in plan.steps:
            self.records[step.id] = StepRecord(step, "r-1", StepState.WAITING_OPERATOR, self.now, "anne", (self.now,))
        return plan

    def tick(self, chosen=lambda record: True, *, really=True):
        """Tick the chosen rows, and do them first in both systems at once, unless not really."""
        rows = [r for r in self.records.values() if r.state is StepState.WAITING_OPERATOR and chosen(r)]
        if really:
            deeds = {True: [], False: []}
            for record in rows:
                deeds[record.step.action == TELL] += deed(record.step)
            self.world = TwoSystems(self.world).apply(ActionPlan(tuple(deeds[True]), tuple(deeds[False])))
        for record in rows:
            self.records[record.step.id] = evolve(record, state=StepState.APPLIED, updated_at=self.now)
        return rows

    def sleep(self):
        """Until the next morning, when there are new files."""
        self.days += 1
