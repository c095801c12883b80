"""What the agency area can do: tell the agency by a worklist, and post to the ILS where it can be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from attrs import frozen

from scld_core.agency.gather import AgencyFacts, Comparer, Ruling
from scld_core.agency.posting import Ils, post, posted
from scld_core.agency.steps import ILS_ACTIONS, TELL, Order, asked_today
from scld_core.kernel.decision import Decision, Reason, deny, permit
from scld_core.runs.action import Action, Progress, silent
from scld_core.runs.model import Answer, AnswerKind, AreaPlan, ReadBack, Step, StepRecord, StepState

__all__ = ["Systems", "agency_actions"]


def _all_of_it(plan: AreaPlan, facts: AgencyFacts) -> AreaPlan:
    del facts
    return plan


def _nobody(since: datetime) -> frozenset[str]:
    del since
    return frozenset()


@frozen
class Systems:
    """The two sides: the files, the ILS where it can be written, and what holds at an instant.

    `beside` leaves out of a plan what another part of the district does. `handed_over` names the patrons
    whose referral the agency was given since an instant.
    """

    comparer: Comparer
    ils: Ils
    ruling: Callable[[], Ruling]
    progress: Progress = silent
    beside: Callable[[AreaPlan, AgencyFacts], AreaPlan] = _all_of_it
    handed_over: Callable[[datetime], frozenset[str]] = _nobody

    def look(self) -> tuple[AgencyFacts, Ruling]:
        """The facts of the files as they lie there now, and the ruling that they are judged by."""
        ruling = self.ruling()
        return self.comparer.look(ruling.terms, self.progress), ruling

    def checked(self) -> tuple[AgencyFacts, Ruling]:
        """The same, on which something may be planned; raises StaleFacts or SnapshotRefused."""
        facts, ruling = self.look()
        patience = timedelta(days=ruling.terms.in_flight_days or 0)
        facts.check(ruling, lately=self.handed_over(facts.other_at - patience))
        return facts, ruling


class _Doer:
    """Rechecks by the files, so that a plan of yesterday is not carried out on facts of today."""

    def __init__(self, systems: Systems) -> None:
        self._systems = systems
        self._asked: tuple[AgencyFacts, Mapping[tuple[str, str], str]] | None = None

    def recheck(self, order: Order, step: Step) -> Decision:
        """Whether the files ask for this still; raises StaleFacts or SnapshotRefused as planning does."""
        facts, ruling = self._systems.checked()
        if self._asked is None or self._asked[0] is not facts:
            self._asked = (facts, asked_today(facts, ruling))
        now = self._asked[1].get((step.action, order.case), "nothing")
        if now == order.what:
            return permit(Reason(order.kind.value.lower(), (), "agency", ruling.version))
        return deny(Reason("not_asked", (("now", now),), "agency", ruling.version))

    def tell(self, order: Order, key: str) -> Answer:
        """A row of the worklist; its tick is the receipt."""
        del order, key
        return Answer(AnswerKind.FOR_OPERATOR)

    def post(self, order: Order, key: str) -> Answer:
        """To the ILS, or a row of its worklist."""
        return post(self._systems.ils, order, key)

    def told(self, order: Order, record: StepRecord) -> ReadBack:
        """Nothing has left the house before a person has it; after that only a tick tells."""
        del order
        return ReadBack.UNKNOWN if record.state is StepState.WAITING_OPERATOR else ReadBack.NOT_DONE

    def posted(self, order: Order, record: StepRecord) -> ReadBack:
        """What the ILS shows; one that cannot be asked was not sent anything either."""
        found = posted(self._systems.ils, order, record.key)
        return self.told(order, record) if found is ReadBack.UNKNOWN else found


def agency_actions(systems: Systems) -> tuple[Action[Order], ...]:
    """One action for the agency, and one for each thing posted to the ILS; none has an inverse.

    What was told is taken back by the next comparison, which sees that it was wrong.
    """
    doer = _Doer(systems)
    return (
        Action(TELL, Order, doer.recheck, doer.tell, doer.told),
        *(Action(name, Order, doer.recheck, doer.post, doer.posted) for name in ILS_ACTIONS.values()),
    )
