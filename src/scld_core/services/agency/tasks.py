"""What one row asks of each side: a task for the agency's list, for the ILS's, for a person's, or none."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from scld_core.agency.classify import Terms
from scld_core.agency.kinds import MEANINGS, Kind, Side
from scld_core.agency.model import Finding
from scld_core.agency.plan import Do, Step, plan
from scld_core.kernel.validate import each, instance
from scld_core.reporting.audience import Audience
from scld_core.services.agency.wording import action_of, do_of

__all__ = ["Task", "tasks_of"]


@frozen
class Task:
    """One line of a list. `steps` are what is done on that side, none where a person has to decide first."""

    found: Finding = field(validator=instance(Finding))
    side: Side = field(validator=instance(Side))
    steps: tuple[Step, ...] = field(default=(), validator=each(instance(Step)))

    @property
    def asks(self) -> tuple[Kind, ...]:
        """The kinds that ask for it: the row's own, or those beside it that only a person can settle."""
        if self.side is not Side.HAND or self.found.side is Side.HAND:
            return (self.found.kind,)
        return tuple(kind for kind in self.found.also if MEANINGS[kind].side is Side.HAND)

    @property
    def audience(self) -> Audience:
        """Whose work it is."""
        return MEANINGS[self.asks[0]].audience

    @property
    def explained(self) -> bool:
        """Whether the row has an explanation and may wait for the others."""
        return MEANINGS[self.found.kind].explained

    @property
    def action(self) -> str:
        """The words of the steps for a program, such as ``update-balance send-alias``; else that of the kind."""
        if self.steps:
            return " ".join(step.do.value for step in self.steps)
        return action_of(self.found) if self.found.side is Side.HAND else MEANINGS[self.asks[0]].action

    @property
    def text(self) -> str:
        """What to do, in words."""
        if self.steps:
            return "; ".join(map(_words, self.steps))
        return do_of(self.found) if self.found.side is Side.HAND else "; ".join(MEANINGS[kind].do for kind in self.asks)


def tasks_of(found: Finding, terms: Terms) -> Iterator[Task]:
    """At most one task for each side; none for a row that agrees or waits."""
    if found.kind is Kind.MATCH and not found.also:  # nearly every row of a large file
        return
    planned = plan((found,), terms)
    for side, steps in ((Side.AGENCY, planned.agency), (Side.ILS, planned.ils)):
        if steps:
            yield Task(found, side, steps)
    if planned.by_hand:
        yield Task(found, Side.HAND)


_WORDS: dict[Do, str] = {
    Do.SEND_AGAIN: "send the account again as new, without a second fee, with a balance of {amount}",
    Do.UPDATE: "send the balance of {amount} with its items",
    Do.REMOVE: "tell the agency that nothing is owed",
    Do.WITHDRAW: "withdraw the account from the agency",
    Do.SEND_ALIAS: "send the present numbers together with the old ones",
    Do.CHARGE_FEE: "charge the referral fee of {amount} once",
    Do.REVERSE_FEE: "reverse referral fees of {amount}",
    Do.SET_FLAG: "set the collection flag again",
    Do.CLEAR_FLAG: "clear the collection flag and its block",
}


def _words(step: Step) -> str:
    text = _WORDS[step.do].format(amount=step.amount)
    shows_card = step.card and step.do in (Do.SEND_AGAIN, Do.SEND_ALIAS)
    return f"{text} (present card {step.card})" if shows_card else text
