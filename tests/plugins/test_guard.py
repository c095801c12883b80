"""The guard: capability, the closed tree of faults, repeated reads, answers about what was asked."""

import contextlib
import traceback
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import (
    AdapterBug,
    BadInput,
    ConfigurationError,
    Conflict,
    DeadlineExceeded,
    FileRefused,
    InvalidValue,
    NotFound,
    OutcomeUnknown,
    ProtocolViolation,
    RateLimited,
    Rejected,
    ScldError,
    SnapshotRefused,
    Unavailable,
    UnsupportedOperation,
)
from scld_core.hotspots.model import BulkFile, BulkRow, ServiceState
from scld_core.hotspots.ports import BulkDelivery, CarrierLines
from scld_core.kernel.capability import Convention, Effect, Full, Unsupported, operations
from scld_core.kernel.ids import ItemId, LoanId
from scld_core.kernel.page import Page, Quarantined
from scld_core.plugins import BackendContext, BackendSpec, OpenBackend, guard, open_backend
from scld_core.plugins.guard import PORTS, port_operations
from scld_core.plugins.retry import RetrySchedule
from scld_core.runs.model import Answer, AnswerKind, ReadBack
from support.clock import Ticking
from support.hotspots import due, item_id, line, loan, out, view

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
CANARY = "canary-patron-7"
LOANS = {f"loans.{name}": Full() for name in ("get", "iter_items", "iter_overdue")}
LINES = {f"lines.{name}": Full() for name in operations(CarrierLines)}
DONE = Answer(AnswerKind.DONE)


class Script:
    """Gives or raises one scripted thing per call, then the same `end` for ever; keeps count."""

    def __init__(self, *steps, end=None):
        self.steps = list(steps)
        self.end = end
        self.calls = 0

    def __call__(self):
        self.calls += 1
        step = self.steps.pop(0) if self.steps else self.end
        if isinstance(step, BaseException):
            raise step
        return step


class ScriptedLoans:
    """An ILS that answers from a script; each list is a generator over the script's steps."""

    live = True

    def __init__(self, *steps, end=None):
        self.script = Script(*steps, end=end)
        self.closed = 0

    def get(self, item):
        return self.script()

    def iter_items(self, items):
        return self._pages()

    def iter_overdue(self, at):
        return self._pages()

    def _pages(self):
        try:
            while (page := self.script()) is not None:
                yield page
        finally:
            self.closed += 1


class ScriptedLines:
    """A carrier that answers every operation from one script."""

    def __init__(self, *steps, end=None):
        self.script = Script(*steps, end=end)

    @property
    def live(self):
        return self.script()

    def iter_lines(self):
        return iter(self.script())

    def get(self, line):
        return self.script()

    def suspend(self, line, *, key):
        return self.script()

    def restore(self, line, *, key):
        return self.script()

    def terminate(self, line, *, key):
        return self.script()

    def request_state(self, reference):
        return self.script()


class PortalLines(ScriptedLines):
    """A carrier whose requests leave as a file."""

    def bulk_file(self, rows, now):
        return BulkFile("a.csv", b"", now)


def context(*, deadline=30.0, instance="main"):
    """A context whose sleep moves its clock and keeps the waits."""
    clock = Ticking(NOW)
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        clock.tick(seconds=seconds)

    made = BackendContext(instance, clock, Path(), lambda ref: "", deadline=deadline, sleep=sleep)
    return made, waits


def loans(*steps, end=None, capabilities=None, **kwargs):
    """A guarded scripted ILS, the thing behind it, and the waits."""
    behind = ScriptedLoans(*steps, end=end)
    made, waits = context(**kwargs)
    return guard(behind, port_name="loans", capabilities=capabilities or LOANS, context=made), behind, waits


def lines(*steps, end=None, capabilities=None, kind=ScriptedLines, **kwargs):
    """A guarded scripted carrier, the thing behind it, and the waits."""
    behind = kind(*steps, end=end)
    made, waits = context(**kwargs)
    return guard(behind, port_name="lines", capabilities=capabilities or LINES, context=made), behind, waits


def every_call(port):
    """Each operation of a carrier's port as a call without arguments, by name."""
    one = line(1)
    return {
        "iter_lines": lambda: list(port.iter_lines()),
        "get": lambda: port.get(one),
        "suspend": lambda: port.suspend(one, key="k"),
        "restore": lambda: port.restore(one, key="k"),
        "terminate": lambda: port.terminate(one, key="k"),
        "request_state": lambda: port.request_state("r"),
    }


NAMES = sorted(operations(CarrierLines))
WRITES = [name for name, op in operations(CarrierLines).items() if op.effect is Effect.WRITE]
READS = [name for name in NAMES if name not in WRITES]
RIGHT = {
    "iter_lines": [Page((), NOW, last=True)],
    "get": view(1, ServiceState.ACTIVE),
    "suspend": DONE,
    "restore": DONE,
    "terminate": DONE,
    "request_state": ReadBack.DONE,
}


def test_every_operation_of_a_port_is_declared():
    """A Protocol's method without a declaration would go unguarded."""
    for protocols in PORTS.values():
        for protocol in protocols:
            methods = {n for n, v in vars(protocol).items() if callable(v) and not n.startswith("_")}
            assert methods == set(operations(protocol))
    assert WRITES == ["restore", "suspend", "terminate"]
    assert "lines.bulk_file" in port_operations("lines")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("capability", [Full(), Convention("local")])
def test_a_faultless_call_gives_what_the_port_gives(name, capability):
    """Guarded and bare port agree, and the port is called once."""
    port, behind, waits = lines(end=RIGHT[name], capabilities={f"lines.{name}": capability})
    assert every_call(port)[name]() == RIGHT[name] == every_call(behind)[name]()
    assert behind.script.calls == 2
    assert waits == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("declared", ["absent", "unsupported"])
def test_an_unsupported_operation_never_reaches_the_port(name, declared):
    """It raises when called, before anything is sent, with the reason that was declared."""
    others = {key: value for key, value in LINES.items() if key != f"lines.{name}"}
    if declared == "unsupported":
        others[f"lines.{name}"] = Unsupported("no such key on the portal")
    port, behind, _ = lines(capabilities=others)
    with pytest.raises(UnsupportedOperation, match="portal" if declared == "unsupported" else "does not declare"):
        every_call(port)[name]()
    assert behind.script.calls == 0


def test_a_list_that_is_unsupported_says_so_at_the_call():
    """Not at its first page, which may never be asked for."""
    port, _, _ = lines(capabilities={"lines.get": Full()})
    with pytest.raises(UnsupportedOperation):
        port.iter_lines()


@pytest.mark.parametrize("name", NAMES)
@given(kind=st.sampled_from([ValueError, KeyError, OSError, StopIteration, RuntimeError, InvalidValue, AttributeError]))
def test_what_is_outside_the_tree_becomes_an_adapter_s_bug(name, kind):
    """Its text, which may hold personal data, is nowhere: not in the message, the cause or the context."""
    foreign = InvalidValue(CANARY, CANARY, CANARY) if kind is InvalidValue else kind(CANARY)
    port, behind, _ = lines(end=foreign)
    with pytest.raises(AdapterBug) as caught:
        every_call(port)[name]()
    assert (caught.value.backend, caught.value.operation) == ("main", f"lines.{name}")
    assert kind.__name__ in str(caught.value)
    assert "test_guard.py:" in str(caught.value)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert behind.script.calls == 1
    with pytest.raises(kind):  # the control: without the guard it comes through
        every_call(behind)[name]()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "kind", [Rejected, NotFound, Conflict, DeadlineExceeded, ProtocolViolation, ConfigurationError]
)
def test_faults_of_the_tree_pass_at_once(name, kind):
    """The same exception arrives, after one call."""
    fault = kind("main", "x", "said so")
    port, behind, waits = lines(end=fault)
    with pytest.raises(kind) as caught:
        every_call(port)[name]()
    assert caught.value is fault
    assert behind.script.calls == 1
    assert waits == []


@pytest.mark.parametrize("fault", [FileRefused("a.csv", "no header"), SnapshotRefused("empty"), BadInput("x", "y")])
def test_what_a_person_must_see_passes_from_reads_only(fault):
    """A file that cannot be used is no bug; a write must say in the tree's own words whether it took effect."""
    for name in NAMES:
        port, behind, _ = lines(end=fault)
        with pytest.raises(AdapterBug if name in WRITES else type(fault)):
            every_call(port)[name]()
        assert behind.script.calls == 1


@pytest.mark.parametrize("name", NAMES)
def test_interruptions_are_nobody_s_bug(name):
    """Ctrl-C goes through as it is."""
    port, _, _ = lines(end=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        every_call(port)[name]()


passing = st.one_of(
    st.just(Unavailable("main", "x", "connection refused")),
    st.builds(RateLimited, st.just("main"), st.just("x"), st.just("slow down"), st.none() | st.floats(0, 20)),
)


@given(st.sampled_from(READS), st.lists(passing, max_size=5), st.floats(1, 60))
def test_reads_are_repeated_within_attempts_and_deadline(name, faults, deadline):
    """They succeed when the fault passes in time, and never is more waited than was asked or the deadline gives."""
    port, behind, waits = lines(*faults, end=RIGHT[name], deadline=deadline)
    with contextlib.suppress(Unavailable, RateLimited):
        assert every_call(port)[name]() == RIGHT[name]
        assert behind.script.calls == len(faults) + 1
    assert behind.script.calls == len(waits) + 1 <= RetrySchedule().attempts
    assert sum(waits) < deadline
    assert all(w == f.retry_after for w, f in zip(waits, faults, strict=False) if getattr(f, "retry_after", None))


@given(st.sampled_from(WRITES), passing | st.just(OutcomeUnknown("main", "x", "timeout", "k")))
def test_a_write_is_never_repeated(name, fault):
    """Whatever the fault allows: the run decides, and knows the key."""
    port, behind, waits = lines(fault, end=DONE)
    with pytest.raises(type(fault)):
        every_call(port)[name]()
    assert behind.script.calls == 1
    assert waits == []


def test_time_spent_in_the_call_counts_against_the_deadline():
    """A call that took the whole deadline to fail is not repeated."""
    made, waits = context(deadline=30)

    class Slow(ScriptedLines):
        def get(self, line):
            made.clock.tick(seconds=29.8)
            return super().get(line)

    behind = Slow(Unavailable("main", "get", "timeout"), end=view(1, ServiceState.ACTIVE))
    port = guard(behind, port_name="lines", capabilities=LINES, context=made)
    with pytest.raises(Unavailable):
        port.get(line(1))
    assert waits == []


def test_a_clock_that_stands_still_does_not_stretch_the_deadline():
    """What was slept counts in any case."""
    made, _ = context(deadline=10)
    waits = []
    still = evolve(made, clock=Ticking(NOW), sleep=waits.append)
    behind = ScriptedLines(end=RateLimited("main", "x", "later", 4.0))
    patient = RetrySchedule(attempts=50)
    port = guard(behind, port_name="lines", capabilities=LINES, context=still, schedule=patient)
    with pytest.raises(RateLimited):
        port.get(line(1))
    assert waits == [4.0, 4.0]


def test_each_repetition_is_logged(caplog):
    """With instance, operation, fault class and wait, and no text of the fault."""
    port, _, _ = lines(Unavailable("main", "x", CANARY), end=RIGHT["get"])
    with caplog.at_level("INFO", "scld_core"):
        port.get(line(1))
    (record,) = caplog.records
    assert record.getMessage() == (
        'ReadRepeated {"backend": "main", "operation": "lines.get", "fault": "Unavailable", "attempt": 1, "wait": 0.5}'
    )


def page(*numbers, last=False):
    """A page of overdue devices' circulation."""
    return Page(tuple(out(n, 3) for n in numbers), NOW, last)


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=5), st.lists(passing, max_size=2))
def test_a_list_s_pages_arrive_as_they_are(numbers, faults):
    """In order, none added, dropped or doubled, even when its beginning had to be repeated."""
    pages = [page(*some, last=place == len(numbers)) for place, some in enumerate(numbers, 1)]
    port, behind, waits = loans(*faults, *pages, deadline=600.0)
    assert list(port.iter_items([item_id(n) for n in range(10)])) == pages
    assert len(waits) == len(faults)
    assert behind.closed == len(faults) + 1


@given(passing, st.integers(1, 3))
def test_a_list_is_not_begun_again_after_its_first_page(fault, before):
    """Pages already given would come twice."""
    port, behind, waits = loans(*[page(n) for n in range(before)], fault)
    got = []
    with pytest.raises(type(fault)):
        got.extend(port.iter_items([item_id(n) for n in range(9)]))  # fills up to the fault
        got.append("the list ended")
    assert waits == []
    assert behind.script.calls == before + 1
    assert behind.closed == 1


def test_nothing_is_read_before_the_first_page_is_asked_for():
    """A list is lazy, but for its checks."""
    port, behind, _ = loans(page(1))
    port.iter_items([item_id(1)])
    assert behind.script.calls == 0


def test_a_list_that_is_left_early_is_closed():
    """What the adapter holds for it is released at once."""
    port, behind, _ = loans(page(1), page(2))
    rows = port.iter_items([item_id(1), item_id(2)])
    next(rows)
    rows.close()
    assert behind.closed == 1
    assert behind.script.calls == 1


def test_a_page_after_the_last_one_is_a_violation():
    """A source that goes on after its end cannot be counted."""
    port, _, _ = loans(page(1, last=True), page(2))
    with pytest.raises(ProtocolViolation, match="was the last"):
        list(port.iter_items([item_id(1), item_id(2)]))


OTHERS = [
    ("another item", out(2, 3)),
    ("its loan is of another item", evolve(out(1, 3), loan=loan(2, due(3)))),
    ("its loan is of another system", evolve(out(1, 3), loan=evolve(loan(1, due(3)), id=LoanId("other", "l1")))),
    ("the same number in another system", evolve(out(1, 3), item=ItemId("other", "i1"), loan=None)),
]


@pytest.mark.parametrize("wrong", [case[1] for case in OTHERS], ids=[case[0] for case in OTHERS])
def test_an_answer_about_another_record_is_a_violation(wrong):
    """Alone or as a row, first or later; the control without the guard gives it out."""
    port, _, waits = loans(wrong, page(1), Page((out(1, 3), wrong), NOW))
    with pytest.raises(ProtocolViolation, match="another record"):
        port.get(item_id(1))
    with pytest.raises(ProtocolViolation, match="another record"):
        list(port.iter_items([item_id(1)]))
    assert waits == []
    assert ScriptedLoans(wrong).get(item_id(1)) is wrong


def test_an_overdue_list_holds_only_loans_that_were_due_then():
    """A loan due later, or of another system, is no row of it."""
    good = loan(1, due(3))
    port, _, _ = loans(Page((good,), NOW, last=True))
    assert [row for p in port.iter_overdue(NOW) for row in p.rows] == [good]
    for wrong in (loan(1, due(-3)), evolve(good, id=LoanId("other", "l1")), evolve(good, item=ItemId("other", "i1"))):
        port, _, _ = loans(Page((good, wrong), NOW, last=True))
        with pytest.raises(ProtocolViolation):
            list(port.iter_overdue(NOW))


def test_a_line_is_known_by_device_or_sim():
    """A SIM in another device is a finding that must arrive; a line of which neither number fits is not ours."""
    mine, other = view(1, ServiceState.ACTIVE), view(2, ServiceState.ACTIVE)
    for partly in (evolve(mine, imei=other.imei), evolve(mine, iccid=None), evolve(mine, imei=None)):
        assert lines(partly)[0].get(line(1)) is partly
    for wrong in (other, evolve(mine, imei=None, iccid=None)):
        with pytest.raises(ProtocolViolation):
            lines(wrong)[0].get(line(1))


@pytest.mark.parametrize(
    "ask",
    [
        lambda port, other: port.get(other),
        lambda port, other: port.get(item=other),
        lambda port, other: port.iter_items([item_id(1), other]),
        lambda port, other: port.iter_items({item_id(1), other}),
        lambda port, other: port.iter_items(items=(other,)),
    ],
)
def test_a_record_of_another_backend_is_refused(ask):
    """It is not stripped to its number, under which this system may know somebody else's item."""
    port, behind, _ = loans(end=out(1, 3))
    with pytest.raises(ConfigurationError, match="'branch'"):
        ask(port, ItemId("branch", "i1"))
    assert behind.script.calls == 0


def test_lists_without_ids_are_passed_on():
    """Only ids of records belong to a backend; rows of a file and references do not."""
    portal, _, _ = lines(kind=PortalLines)
    assert portal.bulk_file([BulkRow("s", "suspend", line(1), "overdue")], NOW).name == "a.csv"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrong", [None, {"state": CANARY}, [{"state": CANARY}]])
def test_an_answer_of_another_kind_is_an_adapter_s_bug(name, wrong):
    """Records travel as the port's own values and never as dicts."""
    port, _, _ = lines(wrong)
    with pytest.raises(AdapterBug) as caught:
        every_call(port)[name]()
    assert CANARY not in str(caught.value)


def test_properties_are_read_through():
    """Each time anew, and with the same closed tree of faults."""
    port, _, _ = lines(True, False, ValueError(CANARY))
    assert (port.live, port.live) == (True, False)
    with pytest.raises(AdapterBug, match=r"lines\.live"):
        _ = port.live
    assert repr(port) == "<guarded lines of main>"


def test_a_bulk_delivery_stays_one():
    """`bulk_file` is there exactly when the port has it, and needs no capability of its own."""
    portal, _, _ = lines(kind=PortalLines)
    plain, _, _ = lines()
    assert isinstance(portal, BulkDelivery)
    assert portal.bulk_file((), NOW).name == "a.csv"
    assert not isinstance(plain, BulkDelivery)


class Misshapen(ScriptedLines):
    """Takes the key by another name."""

    def suspend(self, line, *, idempotency):
        return DONE


class Positional(ScriptedLines):
    """Does not take its argument by name."""

    def get(self, line, /):
        return self.script()


class Lacking(ScriptedLines):
    """Has no `restore` at all."""

    restore = None


@pytest.mark.parametrize(("kind", "name"), [(Misshapen, "suspend"), (Positional, "get"), (Lacking, "restore")])
def test_a_port_that_cannot_be_called_is_found_at_open(kind, name):
    """Not in mid-run; where the operation is declared as unsupported it need not be there."""
    with pytest.raises(AdapterBug, match=rf"lines\.{name}: is missing or cannot be called"):
        lines(kind=kind)
    lines(kind=kind, capabilities={key: value for key, value in LINES.items() if key != f"lines.{name}"})


def test_a_port_of_a_builtin_kind_is_called_as_it_is():
    """What has no signature cannot be checked and is refused."""

    class Odd(ScriptedLines):
        get = type

    with pytest.raises(AdapterBug):
        lines(kind=Odd)


@frozen
class Config:
    """A backend's table."""

    mode: str = "full"


def spec(opens, *, capabilities=None, negotiate=None):
    """A carrier whose `open` is `opens`."""
    return BackendSpec("fake", "carrier", Config, opens, capabilities or {}, negotiate=negotiate)


def test_an_opened_backend_has_its_ports_guarded():
    """Everything else of it stays as it is."""
    behind, closes = ScriptedLines(end=RIGHT["get"]), []
    opened = OpenBackend(lines=behind, close=lambda: closes.append(1))
    got = open_backend(spec(lambda config, made: opened, capabilities=LINES), Config(), context()[0])
    assert got.loans is None
    assert got.lines is not behind
    assert got.lines.get(line(1)) is RIGHT["get"]
    got.close()
    assert closes == [1]


def test_capabilities_are_negotiated_with_the_configuration():
    """Where they depend on it, the general declaration does not count."""

    def negotiate(config):
        return LINES if config.mode == "full" else {"lines.get": Full()}

    made = spec(lambda config, given: OpenBackend(lines=ScriptedLines(end=DONE)), negotiate=negotiate)
    assert open_backend(made, Config(), context()[0]).lines.suspend(line(1), key="k") == DONE
    with pytest.raises(UnsupportedOperation):
        open_backend(made, Config("read"), context()[0]).lines.suspend(line(1), key="k")


@pytest.mark.parametrize(
    ("opened", "capabilities", "problem"),
    [
        (OpenBackend(), LINES, "opens no port 'lines'"),
        (OpenBackend(lines=ScriptedLines()), {}, "declares none"),
        (OpenBackend(lines=ScriptedLines()), {"lines.get": Unsupported("no")}, "declares none"),
        (OpenBackend(lines=Lacking()), LINES, "is missing"),
    ],
)
def test_declaration_and_ports_must_agree(opened, capabilities, problem):
    """A port is None exactly when all of it is unsupported; what was opened is closed again."""
    closes = []
    opened = evolve(opened, close=lambda: closes.append(1))
    with pytest.raises(AdapterBug, match=problem):
        open_backend(spec(lambda config, made: opened, capabilities=capabilities), Config(), context()[0])
    assert closes == [1]


def _raising(error):
    def opens(config, made):
        raise error

    return opens


@pytest.mark.parametrize(
    "error", [ConfigurationError("main", "open", "no"), FileRefused("a.csv", "no header"), SnapshotRefused("empty")]
)
def test_open_may_refuse_in_scld_s_own_words(error):
    """They arrive as they are."""
    with pytest.raises(type(error)) as caught:
        open_backend(spec(_raising(error)), Config(), context()[0])
    assert caught.value is error


@pytest.mark.parametrize("opens", [_raising(ValueError(CANARY)), lambda config, made: None])
def test_an_open_that_breaks_is_an_adapter_s_bug(opens):
    """Whether it raises or gives something else."""
    with pytest.raises(AdapterBug, match=r"main\.open") as caught:
        open_backend(spec(opens), Config(), context()[0])
    assert CANARY not in str(caught.value)


CARD_NUMBER = "29082000123450"
FAULTS = [
    lambda: Rejected("main", "x", f"no: {CARD_NUMBER}"),
    lambda: RateLimited("main", "x", CARD_NUMBER, 900.0),
    lambda: OutcomeUnknown("main", "x", f"lost {CARD_NUMBER}", "scld-1"),
    lambda: ProtocolViolation("main", "x", f"ask a@example.org of {CARD_NUMBER}"),
]


class Talkative(Rejected):
    """A fault of an adapter's own, which says more than those of the tree."""

    def __init__(self, text):
        super().__init__("main", "x", text)
        self.body = {"message": text}
        self.args = (text, self.body, [text], ServiceState.ACTIVE)
        self.add_note(f"noted {text}")


def told(error):
    """All that an exception can tell anybody."""
    return "".join(traceback.format_exception(error)) + repr((error, vars(error), error.args))


def fault_of(call):
    """The exception that a call raises."""
    with pytest.raises(ScldError) as raised:
        call()
    return raised.value


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("make", FAULTS)
def test_no_fault_leaves_a_backend_with_a_card_number(name, make):
    """Whatever the other system says, the card is out of it, and what decides the next step stays."""
    fault = make()
    port, _, _ = lines(end=fault)
    raised = fault_of(every_call(port)[name])
    assert raised is fault
    assert CARD_NUMBER not in told(raised)
    assert "(card number)" in str(raised)
    assert "(card number)" in raised.problem
    keeps = ("backend", "operation", "key", "retry_after", "retry")
    assert [getattr(raised, k, None) for k in keeps] == [getattr(make(), k, None) for k in keeps]


def test_faults_of_an_adapter_s_own_class_and_what_they_came_from_are_redacted_too():
    """Attributes, arguments, notes; of the exception it was raised from only class and place are left."""

    class Chained(ScriptedLines):
        def suspend(self, line, *, key):
            try:
                {}[CARD_NUMBER]
            except KeyError as error:
                raise Talkative(f"card {CARD_NUMBER}") from error

        def restore(self, line, *, key):
            try:
                {}[CARD_NUMBER]
            except KeyError:
                raise Talkative(f"card {CARD_NUMBER}")  # noqa: B904 - as adapters do

    port, _, _ = lines(kind=Chained)
    for name in ("suspend", "restore"):
        raised = fault_of(every_call(port)[name])
        assert type(raised) is Talkative
        assert CARD_NUMBER not in told(raised)
        assert raised.__notes__[0] == "noted card (card number)"
        assert raised.__notes__[1].startswith("from KeyError at test_guard.py:")
        assert raised.args[3] is ServiceState.ACTIVE


def test_seconds_stay_seconds_however_many_they_are():
    """A number decides when a call is repeated; it is no text."""
    port, _, _ = lines(end=RateLimited("main", "x", "later", 29082000123450.0))
    assert fault_of(every_call(port)["suspend"]).retry_after == 29082000123450.0


def test_a_fault_that_cannot_be_redacted_is_an_adapter_s_bug():
    """Its text goes nowhere."""

    class Closed(Rejected):
        def __setattr__(self, name, value):
            if "problem" in vars(self):
                raise AttributeError(name)
            super().__setattr__(name, value)

    port, _, _ = lines(end=Closed("main", "x", CARD_NUMBER))
    raised = fault_of(every_call(port)["suspend"])
    assert type(raised) is AdapterBug
    assert CARD_NUMBER not in told(raised)


@pytest.mark.parametrize(
    "make",
    [lambda: FileRefused(CARD_NUMBER, CARD_NUMBER, CARD_NUMBER), lambda: SnapshotRefused(f"first row: {CARD_NUMBER}")],
)
def test_a_refused_file_or_list_is_redacted(make):
    """What a person is to see of a file's content has no reader in it."""
    port, _, _ = loans(end=make())
    assert CARD_NUMBER not in told(fault_of(lambda: port.get(item_id(1))))
    port, _, _ = loans(end=make())
    assert CARD_NUMBER not in told(fault_of(lambda: list(port.iter_items([]))))


def test_opening_and_properties_are_redacted():
    """So is what a backend says before any call, by the redactor of its context."""
    made = evolve(context()[0], redact=lambda text: text.replace(CARD_NUMBER, "(gone)"))

    def refuse(config, context):
        raise ConfigurationError("main", "open", CARD_NUMBER)

    spec = BackendSpec("x", "carrier", type(None), refuse, {})
    assert "(gone)" in str(fault_of(lambda: open_backend(spec, None, made)))
    behind = ScriptedLines(end=Unavailable("main", "live", CARD_NUMBER))
    port = guard(behind, port_name="lines", capabilities=LINES, context=made)
    assert "(gone)" in str(fault_of(lambda: port.live))


def test_the_words_of_an_answer_are_redacted_and_nothing_else_of_it():
    """A detail, a status word, an unusable row's reason; its key keeps a line's number, and loses a card's."""
    answer = Answer(AnswerKind.ACCEPTED, CARD_NUMBER, f"for {CARD_NUMBER}")
    port, _, _ = lines(answer, end=DONE)
    calls = every_call(port)
    assert calls["suspend"]() == evolve(answer, detail="for (card number)")
    assert calls["suspend"]() is DONE
    seen = evolve(out(1, 3), word=f"with {CARD_NUMBER}")
    port, _, _ = loans(seen)
    assert port.get(item_id(1)) == evolve(seen, word="with (card number)")
    rows = (view(1, ServiceState.ACTIVE), evolve(view(2, ServiceState.ACTIVE), word=CARD_NUMBER))
    bad = (
        Quarantined("a.csv", 2, "is blank", "509-555-0123"),
        Quarantined("a.csv", 3, CARD_NUMBER, f"main:{CARD_NUMBER}"),
    )
    whole, clean = Page(rows, NOW, quarantined=bad[:1]), Page(rows[:1], NOW, last=True, quarantined=bad[:1])
    port, _, _ = lines([whole, evolve(whole, rows=rows[:1], quarantined=bad), clean])
    first, second, third = port.iter_lines()
    assert first == evolve(whole, rows=(rows[0], evolve(rows[1], word="(card number)")))
    assert second.quarantined == (bad[0], Quarantined("a.csv", 3, "(card number)", "main:(card number)"))
    assert third is clean
