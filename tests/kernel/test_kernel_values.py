"""Validators, decisions, capabilities and state tables."""

from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Protocol
from zoneinfo import ZoneInfo

import pytest
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import BackendError, InvalidValue, Retry
from scld_core.kernel import validate
from scld_core.kernel.capability import Convention, Effect, Operation, Unsupported, operations, reads, writes
from scld_core.kernel.decision import Answers, Decision, Question, Reason, Verdict, ask, deny, permit, refer
from scld_core.kernel.states import StateTable, Transition

CANARY = "canary-29082000123450"
UTC_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
UTC_TOO = UTC_NOON.astimezone(ZoneInfo("UTC"))
PACIFIC_NOON = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=-8)))

CASES = [
    (validate.instance(int), [0, -5], [True, "1", None, 1.0]),
    (validate.instance(bool), [True, False], [0, 1]),
    (validate.instance((int, str)), [1, "a"], [True, None, 1.0]),
    (validate.instance((int, bool)), [1, True], ["a"]),
    (validate.matching(lambda v: v == "x", "must be x"), ["x"], ["y", None]),
    (validate.nonempty, ["a", " a "], ["", " ", "\n", None, 1]),
    (
        validate.instant,
        [UTC_NOON, UTC_NOON.astimezone(ZoneInfo("UTC"))],
        [UTC_NOON.replace(tzinfo=None), PACIFIC_NOON, "2026-01-01", None],
    ),
    (validate.optional(validate.nonempty), [None, "a"], ["", 1]),
    (validate.each(validate.nonempty), [(), ("a", "b")], [("a", ""), ["a"], "a", None]),
    (validate.at_least(3), [3, 3.5, 10], [2, 2.9, True, "4", None, float("nan")]),
    (validate.between(0, 1), [0, 0.5, 1], [-0.1, 1.1, True, "0", None, float("nan")]),
]


@pytest.mark.parametrize(("validator", "good", "bad"), CASES)
def test_a_validator_accepts_and_refuses_what_it_says(validator, good, bad):
    """Good values pass unchanged; bad ones raise InvalidValue that names class, field and rule."""

    @frozen
    class Holder:
        value: object = field(validator=validator)

    for value in good:
        assert Holder(value).value is value
    for value in bad:
        with pytest.raises(InvalidValue) as caught:
            Holder(value)
        assert (caught.value.owner, caught.value.field) == ("Holder", "value")
        assert caught.value.rule


@pytest.mark.parametrize("validator", [case[0] for case in CASES])
@pytest.mark.parametrize("value", [b"canary-29082000123450", (CANARY, None), [CANARY]])
def test_a_refusal_never_shows_the_value(validator, value):
    """The value may be somebody's personal data."""

    @frozen
    class Holder:
        value: object = field(validator=validator)

    with pytest.raises(InvalidValue) as caught:
        Holder(value)
    assert CANARY not in str(caught.value)


reasons = st.builds(Reason, st.text("abc_", min_size=1), st.just(()), st.text("§1"), st.text("v1"))


@given(st.lists(reasons, min_size=1).map(tuple))
def test_a_decision_keeps_all_its_reasons(given_reasons):
    """Whatever the verdict, nothing is dropped or reordered."""
    for make, verdict in ((permit, Verdict.PERMIT), (deny, Verdict.DENY), (refer, Verdict.REFER)):
        decision = make(*given_reasons)
        assert decision == Decision(verdict, given_reasons)
        assert decision.permitted is (verdict is Verdict.PERMIT)


def test_a_denial_or_referral_says_why():
    """Only a yes needs no reason."""
    assert permit().permitted
    for verdict in (Verdict.DENY, Verdict.REFER):
        with pytest.raises(InvalidValue, match="needs a reason"):
            Decision(verdict)


def test_a_reason_s_sentence_is_made_of_its_parameters():
    """The code picks the sentence, the parameters fill it."""
    reason = Reason("overdue", (("days", "3"), ("item", "main:1")))
    assert reason.text({"overdue": "{item} is {days} days late"}) == "main:1 is 3 days late"
    for templates in ({}, {"overdue": "{none}"}, {"overdue": "{"}, {"overdue": "{} late"}):
        assert not reason.fits(templates)
        assert reason.text(templates) == "overdue (days 3, item main:1)"


def test_only_an_ask_has_questions():
    """It always has one; each answer is one of the choices, and the token stays out of sight."""
    question = Question("fee", "A fee of 1.00 is charged.")
    decision = ask(question, token="t-77")
    assert (decision.verdict, decision.permitted, "t-77" in repr(decision)) == (Verdict.ASK, False, False)
    assert question.takes("yes")
    assert not question.takes("maybe")
    answers = Answers((("fee", "no"),), "t-77")
    assert (answers.to(question), answers.to(Question("other", "?"))) == ("no", None)
    assert "t-77" not in repr(answers)
    for wrong in (lambda: Decision(Verdict.ASK), lambda: Decision(Verdict.PERMIT, questions=(question,))):
        with pytest.raises(InvalidValue, match="questions"):
            wrong()
    for choices in ((), (("a", "A"), ("a", "B"))):
        with pytest.raises(InvalidValue, match="choices"):
            Question("q", "?", choices)


def test_conventions_and_refusals_are_named():
    """A blank name or reason helps nobody."""
    for kind in (Convention, Unsupported):
        with pytest.raises(InvalidValue):
            kind(" ")


class Port(Protocol):
    """A port as the rooms declare them."""

    @property
    def live(self) -> bool:
        """Not an operation."""
        ...

    @reads()
    def look(self) -> int:
        """A read."""
        ...

    @writes()
    def change(self) -> int:
        """A write."""
        ...

    def helper(self) -> int:
        """Undeclared."""
        ...


def test_a_port_s_operations_are_those_declared():
    """Reads and writes are found, properties and undeclared methods are not."""
    assert operations(Port) == {"change": Operation(Effect.WRITE), "look": Operation(Effect.READ)}


def test_declarations_survive_in_a_protocol_that_extends_another():
    """An extended port has the operations of both."""

    class Wider(Port, Protocol):
        @writes()
        def more(self) -> int: ...

    assert list(operations(Wider)) == ["change", "look", "more"]


class S(Enum):
    """Four states."""

    A = 1
    B = 2
    C = 3
    D = 4


class E(Enum):
    """Two events."""

    GO = 1
    STOP = 2


tables = st.dictionaries(st.tuples(st.sampled_from(S), st.sampled_from(E)), st.sampled_from(S), min_size=1).map(
    lambda rows: StateTable("t", tuple(Transition(s, e, after) for (s, e), after in rows.items()))
)


@given(tables)
def test_a_state_table_permits_exactly_its_rows(table):
    """`after` gives the row's state; where there is none it raises, as `permits` foretells."""
    rows = {(r.before, r.event): r.after for r in table.transitions}
    for state in S:
        for event in E:
            assert table.permits(state, event) is ((state, event) in rows)
            if table.permits(state, event):
                assert table.after(state, event) is rows[state, event]
            else:
                with pytest.raises(InvalidValue, match="not possible"):
                    table.after(state, event)


@given(tables)
def test_a_final_state_is_mentioned_and_never_left(table):
    """Nothing is possible in a final state, and every other mentioned state can be left."""
    mentioned = {r.before for r in table.transitions} | {r.after for r in table.transitions}
    for state in S:
        leaves = any(table.permits(state, event) for event in E)
        assert (state in table.final()) is (state in mentioned and not leaves)


@given(tables)
def test_the_diagram_has_a_line_for_each_row(table):
    """Documentation generated from the table tells all of it."""
    head, *lines = table.mermaid().splitlines()
    assert head == "stateDiagram-v2"
    assert len(lines) == len(table.transitions)


def test_two_rows_for_one_event_are_refused():
    """A table that cannot decide is no table."""
    with pytest.raises(InvalidValue, match="two rows for GO"):
        StateTable("t", (Transition(S.A, E.GO, S.B), Transition(S.A, E.GO, S.C)))


def test_every_fault_says_what_may_be_done():
    """The tree of faults is closed: each class has a retry rule of its own or its parent's."""
    rules = {kind.__name__: kind.retry for kind in BackendError.__subclasses__()}
    assert {name for name, rule in rules.items() if rule is not Retry.NEVER} == {
        "RateLimited",
        "Unavailable",
        "DeadlineExceeded",
        "OutcomeUnknown",
    }
