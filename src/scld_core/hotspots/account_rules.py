"""What a carrier's account does with a request: the rules behind every carrier that is simulated.

They say what `CarrierLines` promises; no real carrier is asked to follow them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from attrs import evolve

from scld_core.errors import InvalidValue, NotFound, OutcomeUnknown, RateLimited, Rejected, Unavailable
from scld_core.hotspots.account import (
    AccountLine,
    Book,
    Effect,
    Fate,
    Order,
    Request,
    RequestState,
    Terms,
    Verb,
)
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.devices import Line
from scld_core.runs.model import Answer, AnswerKind, ReadBack

__all__ = ["apply", "carry_out", "deliver", "drop", "end_suspension", "find", "reach", "read_state", "settle", "views"]

_TARGET = {
    Verb.SUSPEND: ServiceState.SUSPENDED,
    Verb.RESTORE: ServiceState.ACTIVE,
    Verb.TERMINATE: ServiceState.TERMINATED,
}
_PENDING = {Verb.SUSPEND: ServiceState.PENDING_SUSPEND, Verb.RESTORE: ServiceState.PENDING_RESTORE}
_LATER = {
    Fate.ACCEPTED: RequestState.OPEN,
    Fate.ACCEPTED_LOST: RequestState.OPEN,
    Fate.STUCK: RequestState.STUCK,
}
_READ = {
    RequestState.DONE: ReadBack.DONE,
    RequestState.OPEN: ReadBack.PENDING,
    RequestState.STUCK: ReadBack.PENDING,
    RequestState.FAILED: ReadBack.NOT_DONE,
}


def apply(line: AccountLine, verb: Verb, now: datetime, terms: Terms) -> AccountLine:
    """The line after `verb`; raises InvalidValue, whose rule is the carrier's refusal, where it cannot be.

    A line that is so already is unchanged. TERMINATED is never left, and a state without a
    translation is left by termination only.
    """
    if line.state is _TARGET[verb]:
        return line
    if line.state is ServiceState.TERMINATED:
        raise InvalidValue("Line", "", "the line is terminated; it never comes back")
    if line.state is ServiceState.UNKNOWN_WORD and verb is not Verb.TERMINATE:
        raise InvalidValue("Line", "", f"the line is {line.word}; ask the carrier's support")
    ends = verb is Verb.SUSPEND and terms.suspended_days is not None
    resumes = now + timedelta(days=terms.suspended_days or 0) if ends else None
    return evolve(line, state=_TARGET[verb], since=now, word="", resumes_at=resumes)


def end_suspension(line: AccountLine, at: datetime) -> AccountLine:
    """The line after the carrier gave a suspended one its service again; any other is unchanged."""
    if line.state is not ServiceState.SUSPENDED:
        return line
    return evolve(line, state=ServiceState.ACTIVE, since=at, word="", resumes_at=None)


def _at(line: AccountLine, now: datetime) -> AccountLine:
    due = line.resumes_at
    return line if due is None or now < due else end_suspension(line, due)


def find(book: Book, line: Line, now: datetime, *, backend: str, operation: str) -> AccountLine:
    """The line as it stands at `now`; raises NotFound when neither its SIM nor its device is listed.

    A line follows its SIM: the device number only finds lines whose SIM the carrier does not list.
    """
    for number in (line.iccid, line.imei):
        found = book.line(str(number))
        if found is not None:
            return _at(found, now)
    raise NotFound(backend, operation, f"no line of the account has {line}")


def carry_out(book: Book, order: Order, fate: Fate, *, terms: Terms, now: datetime, backend: str) -> Answer:
    """One delivery of a request, to be committed as a whole: effect, key and answer together.

    Raises NotFound or Rejected, in which cases nothing changes and the key stays free.
    """
    operation = order.verb.value
    line = find(book, order.line, now, backend=backend, operation=operation)
    earlier = book.requests(key=order.key) if terms.honour_keys else ()
    if earlier:
        if (earlier[0].line, earlier[0].verb) != (line.id, order.verb):
            raise Rejected(backend, operation, "this key belongs to another request")
        return earlier[0].answer
    if _spent(book, line, terms, now):
        raise Rejected(backend, operation, f"the line has had its {terms.actions_per_day} actions of the day")
    try:
        after = apply(line, order.verb, now, terms)
    except InvalidValue as refusal:
        raise Rejected(backend, operation, refusal.rule) from None
    request = Request(book.size + 1, order.key, line.id, order.verb, RequestState.DONE, AnswerKind.DONE)
    if fate in _LATER and (after != line or _pending_on(book, line)):
        request = evolve(request, state=_LATER[fate], answered=AnswerKind.ACCEPTED)
    else:
        book.put_line(after)
        book.add_effect(Effect(order.key, line.id, order.verb, now))
    book.put_request(request)
    return request.answer


def _spent(book: Book, line: AccountLine, terms: Terms, now: datetime) -> bool:
    if terms.actions_per_day is None:
        return False
    return sum(effect.at.date() == now.date() for effect in book.effects(line.id)) >= terms.actions_per_day


def _pending_on(book: Book, line: AccountLine) -> bool:
    return any(request.line == line.id for request in book.requests(pending=True))


def deliver(
    send: Callable[[Fate], Answer], fate: Fate, *, terms: Terms, backend: str, operation: str, key: str
) -> Answer:
    """Carry a request through its fate; `send` is one delivery in a transaction of its own."""
    reach(fate, terms=terms, backend=backend, operation=operation)
    if fate is Fate.REJECTED:
        raise Rejected(backend, operation, "the account does not allow it")
    answer = send(fate)
    if fate is Fate.DUPLICATED:
        with suppress(Rejected):  # whoever asked has the first answer already
            send(fate)
    if fate in (Fate.LOST_AFTER, Fate.ACCEPTED_LOST):
        raise OutcomeUnknown(backend, operation, "the connection broke before the answer came", key)
    return answer


def reach(fate: Fate, *, terms: Terms, backend: str, operation: str) -> None:
    """Stop a call that does not reach the carrier's account: lost on its way, or too many of them."""
    if fate is Fate.LOST_BEFORE:
        raise Unavailable(backend, operation, "no connection")
    if fate is Fate.RATE_LIMITED:
        raise RateLimited(backend, operation, "too many requests", terms.retry_after)


def settle(book: Book, number: int, *, terms: Terms, now: datetime) -> None:
    """Finish a pending request: carried out, or failed where its line does not allow it any more."""
    for request in book.requests(number=number, pending=True):
        line = book.line(request.line)
        try:
            after = None if line is None else apply(_at(line, now), request.verb, now, terms)
        except InvalidValue:
            after = None
        if after is not None:
            book.put_line(after)
            book.add_effect(Effect(request.key, after.id, request.verb, now))
        book.put_request(evolve(request, state=RequestState.FAILED if after is None else RequestState.DONE))


def drop(book: Book, number: int) -> None:
    """Let a pending request fail without an effect."""
    for request in book.requests(number=number, pending=True):
        book.put_request(evolve(request, state=RequestState.FAILED))


def read_state(book: Book, reference: str) -> ReadBack:
    """What became of a request; UNKNOWN for a reference the carrier never gave."""
    found = book.requests(number=Request.number_of(reference))
    return _READ[found[0].state] if found else ReadBack.UNKNOWN


def views(book: Book, lines: Iterable[AccountLine], now: datetime) -> list[LineView]:
    """What the carrier shows of `lines`: the latest pending request hides the state beneath."""
    pending = {r.line: _PENDING[r.verb] for r in book.requests(pending=True) if r.verb in _PENDING}
    found: list[LineView] = []
    for stored in lines:
        line = _at(stored, now)
        final = line.state is ServiceState.TERMINATED
        state = line.state if final else pending.get(line.id, line.state)
        resumes = line.resumes_at if state is ServiceState.SUSPENDED else None
        found.append(LineView(line.imei, line.iccid, state, now, line.word or state.value, resumes))
    return found
