"""ILSs that ask something first, and do not wait for the answer or do not read it."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from scld_core.circulation.model import CheckOutRequest, Loan
from scld_core.holds.model import Hold, HoldRequest
from scld_core.kernel.decision import Answers, Question, Unanswered
from scld_core.kernel.ids import ItemId
from scld_core.testing.harness import Harness, LoansBench
from scld_core.testing.planted import holds_base, ils
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import loans_harness

__all__ = ["BUGS"]


def _yes(answers: Answers | None, questions: tuple[Question, ...]) -> Answers | None:
    return answers and evolve(answers, given=tuple((one.code, one.choices[0][0]) for one in questions))


class LendsBeforeItAsks(ils.Spoilt):
    """Lends, and asks afterwards."""

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """On loan already."""
        questions = self._questions.pop(request.item, ())
        answer = super().check_out(request, key=key, answers=answers)
        return Unanswered(questions, "token") if questions else answer


class RenewsOnANo(ils.Spoilt):
    """Takes any answer for a yes."""

    def renew(
        self, item: ItemId, due_at: datetime | None, *, key: str, answers: Answers | None = None
    ) -> Loan | Unanswered:
        """Renewed, whatever was said."""
        return super().renew(item, due_at, key=key, answers=_yes(answers, self._questions.get(item, ())))


class PlacesOnANo(holds_base.Spoilt):
    """Takes any answer for a yes."""

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """There, whatever was said."""
        return super().place(request, key=key, answers=_yes(answers, self._questions.get(request.title, ())))


_TWO_STEPS = "two-step requests: a token without an answer is taken for one (issue 4, two-step answers)"


def _loans(kind: type[ils.Spoilt], name: str, caught_by: str) -> Planted:
    def made() -> Harness[LoansBench]:
        return loans_harness(lambda world: kind(world).bench(), name)

    return Planted(f"loans: {name}", _TWO_STEPS, f"loans.{caught_by}", "loans", made)


BUGS: tuple[Planted, ...] = (
    _loans(LendsBeforeItAsks, "lent before it is asked", "asks-first"),
    _loans(RenewsOnANo, "renewed on a no", "no-means-no"),
    holds_base.bug(PlacesOnANo, "hold placed on a no", _TWO_STEPS, "no-means-no"),
)
"""In the order of the ports."""
