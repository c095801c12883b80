"""Everything that can go wrong with one exchange, and a long run through all of it."""

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scld_adapters._shared.fakehttp import Fault
from scld_adapters.carriers.thingspace.plugin import open_thingspace
from scld_core.errors import (
    OutcomeUnknown,
    ProtocolViolation,
    RateLimited,
    Rejected,
    Retry,
    ServiceAuthError,
    Unavailable,
)
from scld_core.hotspots.model import ServiceState
from scld_core.runs.model import AnswerKind, ReadBack

KEY = "scld-0123456789abcdef"


def _read(request):
    return request.url.endswith("/actions/list")


def _write(request):
    return "/actions/" in request.url and not _read(request)


def _suspended(world, *faults):
    """Suspend the first line while its action meets `faults`."""
    world.server.script(*faults, only=_write)
    return world.lines.suspend(world.all[0], key=KEY)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.DROP, Unavailable),
        (Fault.DROP_AFTER, Unavailable),
        (Fault.DELAY, Unavailable),
        (Fault.REORDER, Unavailable),
        (Fault.TRUNCATE, Unavailable),
        (Fault.GARBLE, ProtocolViolation),
        (Fault.TOO_MANY, RateLimited),
        (Fault.TOO_MANY_WAIT, RateLimited),
        (Fault.BUSY, Unavailable),
        (Fault.BUSY_WAIT, RateLimited),
        (Fault.FAIL_AFTER, Unavailable),
    ],
)
def test_a_failed_read_changes_nothing_and_says_so(world, fault, error):
    """Each fault of a read is its own error, also when the read precedes a write: nothing was sent then."""
    for call in (world.lines.get, lambda line: world.lines.suspend(line, key=KEY)):
        world.server.script(fault, only=_read)
        with pytest.raises(error) as caught:
            call(world.all[0])
        assert type(caught.value) is error
    assert world.fake.orders == []


@pytest.mark.parametrize("fault", [Fault.TOO_MANY_WAIT, Fault.BUSY_WAIT])
def test_the_wait_that_the_carrier_asks_for_is_told(world, fault):
    """Retry-After arrives at whoever may wait."""
    world.server.script(fault, only=_read)
    with pytest.raises(RateLimited) as caught:
        world.lines.get(world.all[0])
    assert caught.value.retry_after == 2


@pytest.mark.parametrize(
    ("fault", "orders"),
    [
        (Fault.DROP, 0),
        (Fault.DROP_AFTER, 1),
        (Fault.DELAY, 0),
        (Fault.REORDER, 0),
        (Fault.TRUNCATE, 1),
        (Fault.GARBLE, 1),
        (Fault.BUSY, 0),
        (Fault.BUSY_WAIT, 0),
        (Fault.FAIL_AFTER, 1),
    ],
)
def test_a_lost_answer_to_a_write_is_an_unknown_outcome(world, fault, orders):
    """Whether the request arrived or not, no answer means unknown, under the key of the write."""
    with pytest.raises(OutcomeUnknown) as caught:
        _suspended(world, fault)
    assert (caught.value.key, caught.value.retry) == (KEY, Retry.SAME_KEY)
    assert len(world.fake.orders) == orders


def test_too_many_requests_happen_before_any_effect(world):
    """429 to a write is safe to repeat later."""
    with pytest.raises(RateLimited):
        _suspended(world, Fault.TOO_MANY)
    assert world.fake.orders == []
    assert world.lines.suspend(world.all[0], key=KEY).kind is AnswerKind.ACCEPTED


def test_a_duplicated_request_has_one_effect(world):
    """The network sends a request twice: the carrier does it once, and the second one fails at the carrier."""
    answer = _suspended(world, Fault.DUPLICATE)
    world.fake.settle()
    assert [order.status for order in world.fake.orders] == ["Success", "Failure"]
    assert answer.reference == world.fake.orders[0].reference
    assert len(world.fake.effects) == 1


def test_committed_then_500_is_found_by_reading_again(world):
    """After a 500 the line itself shows that the request was taken, and nothing is sent twice."""
    with pytest.raises(OutcomeUnknown):
        _suspended(world, Fault.FAIL_AFTER)
    assert world.lines.get(world.all[0]).state is ServiceState.PENDING_SUSPEND
    assert world.lines.suspend(world.all[0], key=KEY).kind is AnswerKind.ACCEPTED
    world.fake.settle()
    assert world.lines.suspend(world.all[0], key=KEY).kind is AnswerKind.DONE
    assert len(world.fake.orders) == 1


def test_a_late_request_has_no_second_effect(world):
    """A request that arrives long after it was given up for lost does nothing to a line that is as wished."""
    with pytest.raises(OutcomeUnknown):
        _suspended(world, Fault.DELAY)
    _suspended(world)
    world.fake.settle()
    assert world.server.release() == 1
    world.fake.settle()
    assert len(world.fake.effects) == 1


def test_an_unknown_failure_of_a_write_is_unknown(world):
    """The published code of an unknown failure, and a request put on hold, may still have an effect."""
    for code in ("UnifiedWebService.REQUEST_FAILED.UnexpectedError", "DeviceService.REQUEST_ONHOLD"):
        error = _error_of(world, 400, code, write=True)
        assert type(error) is OutcomeUnknown
        assert type(_error_of(world, 400, code, write=False)) is Unavailable


def _error_of(world, status, code, *, write):
    """What `remote_error` makes of a refusal."""
    from scld_adapters._shared.faults import Call
    from scld_adapters._shared.http import Response
    from scld_adapters.carriers.thingspace.errors import remote_error
    from scld_adapters.carriers.thingspace.wire_access import Problem, encode_problem

    call = Call("verizon", "suspend", KEY if write else None)
    return remote_error(call, Response(status, body=encode_problem(Problem(code))), now=world.clock.now())


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault.GARBLE, ProtocolViolation), (Fault.BUSY, Unavailable), (Fault.TOO_MANY, RateLimited)],
)
def test_a_failed_question_about_a_request_is_no_answer(world, fault, error):
    """When the platform cannot say what became of a request, the fault says so, and the next question works."""
    reference = _suspended(world).reference
    world.server.script(fault, only=lambda request: request.url.endswith("/status"))
    with pytest.raises(error):
        world.lines.request_state(reference)
    assert world.lines.request_state(reference) is ReadBack.PENDING


def test_an_answer_about_another_request_is_refused(world):
    """A status is taken only for the request that was asked about."""
    mine = _suspended(world).reference
    world.fake.orders[0].reference = "request-of-somebody"
    inner = world.send

    def mixed_up(request):
        return inner(evolve(request, url=request.url.replace(mine, "request-of-somebody")))

    lines = open_thingspace(world.settings(), world.context(transport=mixed_up)).lines
    with pytest.raises(ProtocolViolation, match="another request"):
        lines.request_state(mine)


_FAULTS = [fault for fault in Fault if fault is not Fault.NONE]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=15)
@given(
    script=st.lists(st.sampled_from([Fault.NONE, *_FAULTS]), max_size=14),
    wishes=st.lists(st.sampled_from(["suspend", "active"]), min_size=3, max_size=3),
    begins=st.lists(st.sampled_from(["suspend", "active"]), min_size=3, max_size=3),
    shows_pending=st.booleans(),
)
def test_any_script_of_faults_ends_as_wished_without_doubled_effects(make_world, script, wishes, begins, shows_pending):
    """Repeated asking and reading back reach every wish, and no line changes more often than it must."""
    with make_world() as world:
        world.fake.shows_pending = shows_pending
        for line, begin in zip(world.all, begins, strict=True):
            world.fake.lines[str(line.iccid)].state = begin
        world.server.script(*script)
        for _ in range(len(script) + 2):
            for line, wish in zip(world.all, wishes, strict=True):
                _ask(world, line, wish)
            world.server.release(1)
            world.fake.settle()
            world.clock.tick(hours=12)
        world.server.release()
        world.fake.settle()
        assert [world.word(line) for line in world.all] == wishes
        changed = [effect.iccid for effect in world.fake.effects]
        must = [str(line.iccid) for line, a, b in zip(world.all, begins, wishes, strict=True) if a != b]
        assert sorted(changed) == sorted(must)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=10)
@given(
    script=st.lists(st.sampled_from([Fault.NONE, Fault.DELAY, Fault.REORDER, Fault.DROP_AFTER]), max_size=8),
    wishes=st.lists(st.sampled_from(["suspend", "active"]), min_size=2, max_size=5),
)
def test_late_requests_of_yesterdays_wish_do_not_win(make_world, script, wishes):
    """Whatever arrives late from earlier wishes, asking again afterwards ends at the last wish."""
    with make_world(count=1) as world:
        world.server.script(*script, only=_write)
        for wish in wishes:
            _ask(world, world.all[0], wish)
            world.fake.settle()
            world.clock.tick(days=1)
        world.server.script()
        for _ in range(3):
            world.server.release()
            world.fake.settle()
            _ask(world, world.all[0], wishes[-1])
            world.fake.settle()
        assert world.word(world.all[0]) == wishes[-1]


def _ask(world, line, wish):
    """Ask once for what the line should be; a fault of any declared kind is left for the next time."""
    call = world.lines.suspend if wish == "suspend" else world.lines.restore
    try:
        answer = call(line, key=KEY)
        if answer.reference:
            world.lines.request_state(answer.reference)
    except (RateLimited, Rejected, Unavailable, OutcomeUnknown, ProtocolViolation, ServiceAuthError):
        return
