"""Two-step lending: what has to be answered first does nothing, and neither does a no."""

from __future__ import annotations

from typing import Any

from scld_core.circulation.model import Loan
from scld_core.errors import Rejected
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.testing.case import Check, check, declined, fail, require
from scld_core.testing.harness import LoansBench
from scld_core.testing.lists import rows_of
from scld_core.testing.loans_tools import Ils, begin, desk, request, stands
from scld_core.testing.synthetic import item
from scld_core.testing.synthetic_accounts import patron

__all__ = ["CHECKS"]


def _opened(case: Ils) -> tuple[LoansBench, Unanswered]:
    """A bench whose system asks before the operation, and what it asked."""
    bench, subject = case.open(desk()), item(begin(case.operation))
    if case.declares("of_patron"):
        rows_of(bench.loans.of_patron(patron(0)))  # by which some know whose loan they renew
    before = stands(bench, begin(case.operation))
    case.lever(bench.ask, "ask")(subject)
    asked = _call(case, bench)
    if not isinstance(asked, Unanswered):
        fail("a question that has to be answered first is not asked")
    same = stands(bench, begin(case.operation)) == before
    require(same, f"{case.operation} was done before its question was answered")
    return bench, asked


def _call(case: Ils, bench: LoansBench, answers: Answers | None = None) -> Loan | Unanswered:
    subject = item(begin(case.operation))
    if case.operation == "check_out":
        return bench.loans.check_out(request(subject, due_at=None), key=case.key(), answers=answers)
    return bench.loans.renew(subject, None, key=case.key(), answers=answers)


def asks_first(case: Ils) -> None:
    """What has to be answered first changes nothing; with the answers it is done."""
    bench, asked = _opened(case)
    before = bench.loans.get(item(begin(case.operation))).open_loan
    given = tuple((question.code, question.choices[0][0]) for question in asked.questions)
    done = _call(case, bench, Answers(given, asked.token))
    require(isinstance(done, Loan), "a question that was answered is asked again")
    lent = bench.loans.get(item(begin(case.operation))).open_loan
    later = lent is not None and (before is None or lent.due_at > before.due_at)
    require(later, f"{case.operation} is answered as done after a question, and the item is not so")


def no_means_no(case: Ils) -> None:
    """A question that is answered with no, or not at all, changes nothing: it is refused, or asked again."""
    bench, asked = _opened(case)
    before = stands(bench, begin(case.operation))
    for answers in declined(asked):
        try:
            done = _call(case, bench, answers)
        except Rejected:
            done = asked
        require(isinstance(done, Unanswered), f"{case.operation} is done though its question was answered with no")
        require(stands(bench, begin(case.operation)) == before, "a no changed the item")


CHECKS: tuple[Check[Any], ...] = (
    check("loans", "check_out", "renew", also=("get",), writes=True)(asks_first),
    check("loans", "check_out", "renew", also=("get",), writes=True)(no_means_no),
)
"""In the order of the report."""
