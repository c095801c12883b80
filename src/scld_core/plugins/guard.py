"""The guard around a backend's port, built once when the backend is opened.

An adapter's author writes mapping only; what every call needs is here: the declared capability, the
closed tree of faults, redacted texts, repeated reads, and answers that are about what was asked. A
write is called once, and nothing here audits it: that is the run's work.
"""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import chain
from types import FunctionType, MethodType, UnionType
from typing import Any, NoReturn, TypeVar, cast, get_origin, get_type_hints

from attrs import evolve, frozen

from scld_core.agency.ports import AgencyChannel
from scld_core.calendars.ports import Calendars
from scld_core.catalog.ports import Catalog
from scld_core.circulation.ports import Loans
from scld_core.errors import (
    AdapterBug,
    BackendError,
    BadInput,
    ConfigurationError,
    GuardStopped,
    ProtocolViolation,
    RateLimited,
    Unavailable,
    UnsupportedOperation,
)
from scld_core.fees.ports import Fees
from scld_core.holds.ports import Holds
from scld_core.hotspots.ports import BulkDelivery, CarrierLines
from scld_core.kernel.capability import Capability, Effect, Operation, Unsupported, operations
from scld_core.kernel.ids import RecordId
from scld_core.kernel.log import log, whereabouts
from scld_core.kernel.page import Page
from scld_core.notices.ports import Notices
from scld_core.patrons.ports import Patrons
from scld_core.plugins.redacting import clean_answer, clean_error
from scld_core.plugins.retry import RetrySchedule
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend

__all__ = ["PORTS", "ReadRepeated", "guard", "open_backend", "port_operations"]

P = TypeVar("P")
C = TypeVar("C")
T = TypeVar("T")

_logger = logging.getLogger(__name__)

_END: Any = object()
_WRITE_PASSES = (BackendError,)
_READ_PASSES = (BackendError, BadInput, GuardStopped)
# A file that cannot be used, or a snapshot that must not be, is for a person to see and no adapter's
# bug. From a write they are one: whoever sends needs to know whether there was an effect.

PORTS: Mapping[str, tuple[type, ...]] = {
    "loans": (Loans,),
    "lines": (CarrierLines, BulkDelivery),
    "channel": (AgencyChannel,),
    "fees": (Fees,),
    "patrons": (Patrons,),
    "notices": (Notices,),
    "holds": (Holds,),
    "catalog": (Catalog,),
    "calendars": (Calendars,),
}
"""The guarded ports of an opened backend: the Protocol of each, then what it may offer besides."""


@frozen
class ReadRepeated:
    """Log record: a read failed for now and is tried again after `wait` seconds."""

    backend: str
    operation: str
    fault: str
    attempt: int
    wait: float


def port_operations(port_name: str) -> tuple[str, ...]:
    """The names under which a port's operations are declared, such as ``lines.suspend``."""
    return tuple(f"{port_name}.{name}" for protocol in PORTS[port_name] for name in operations(protocol))


def open_backend(spec: BackendSpec[C], config: C, context: BackendContext) -> OpenBackend:
    """Open a backend and put the guard around each of its ports.

    What `open` raises outside the tree of faults becomes AdapterBug, as does a port that is there
    though nothing of it is declared, or the reverse.
    """

    def start() -> tuple[OpenBackend, Mapping[str, Capability]]:
        capabilities = spec.negotiate(config) if spec.negotiate else spec.capabilities
        return spec.open(config, context), capabilities

    opened, capabilities = _once(context, "open", _READ_PASSES, start)
    if not isinstance(cast("object", opened), OpenBackend):
        raise AdapterBug(context.instance, "open", f"gave a {type(opened).__name__}, not an OpenBackend")
    try:
        guarded: dict[str, Any] = {name: _guarded(opened, name, capabilities, context) for name in PORTS}
    except BaseException:
        opened.close()
        raise
    return evolve(opened, **guarded)


def _guarded(opened: OpenBackend, name: str, capabilities: Mapping[str, Capability], context: BackendContext) -> object:
    port = getattr(opened, name)
    supported = [op for op in port_operations(name) if not isinstance(_declared(capabilities, op), Unsupported)]
    if port is None and supported:
        raise AdapterBug(context.instance, "open", f"declares {', '.join(supported)} but opens no port '{name}'")
    if port is None:
        return None
    if not supported:
        raise AdapterBug(context.instance, "open", f"opens a port '{name}' but declares none of its operations")
    return guard(port, port_name=name, capabilities=capabilities, context=context)


def guard(
    port: P,
    *,
    port_name: str,
    capabilities: Mapping[str, Capability],
    context: BackendContext,
    schedule: RetrySchedule | None = None,
) -> P:
    """A port that behaves as `port` does, with every call guarded.

    `port_name` is a key of PORTS; errors name the instance of `context`. An operation that is not
    declared raises UnsupportedOperation when called. AdapterBug is raised here when the port lacks a
    declared operation or cannot be called as its Protocol says.
    """
    required, *extras = PORTS[port_name]
    offered = (required, *(extra for extra in extras if isinstance(port, extra)))
    build = functools.partial(_member, context=context, schedule=schedule or RetrySchedule())
    members: dict[str, Callable[..., Any]] = {}
    for protocol in offered:
        for name, operation in operations(protocol).items():
            where = f"{port_name}.{name}"
            capability = None if protocol in extras else _declared(capabilities, where)
            if isinstance(capability, Unsupported):
                members[name] = functools.partial(_refuse, context.instance, where, capability.reason)
            else:
                members[name] = build(getattr(port, name, None), where, getattr(protocol, name), operation=operation)
    return cast(P, _facade(port, required, members, context, port_name))


def _declared(capabilities: Mapping[str, Capability], where: str) -> Capability:
    return capabilities.get(where, _UNDECLARED)


_UNDECLARED = Unsupported("the backend does not declare it")


def _refuse(instance: str, where: str, reason: str, /, *args: object, **kwargs: object) -> NoReturn:
    del args, kwargs
    raise UnsupportedOperation(instance, where, reason)


def _member(
    call: Callable[..., Any] | None,
    where: str,
    declared: Callable[..., Any],
    *,
    operation: Operation,
    context: BackendContext,
    schedule: RetrySchedule,
) -> Callable[..., Any]:
    if call is None or not _callable_as(call, declared):
        raise AdapterBug(context.instance, where, "is missing or cannot be called with the port's own arguments")
    returns = _returns(declared)
    listed = get_origin(returns) is Iterator
    guarded = _Guarded(where, context, schedule, call, operation, Page if listed else returns)
    if operation.effect is Effect.WRITE:
        return guarded.write
    return guarded.pages if listed else guarded.read


def _callable_as(call: Any, declared: Callable[..., Any]) -> bool:
    """Whether `call` takes its arguments the ways the port's callers may give them."""
    if inspect.ismethod(call) and inspect.isfunction(call.__func__):
        return _method_fits(call.__func__, declared)
    return _fits(call, declared)


@functools.lru_cache(maxsize=2048)
def _method_fits(function: FunctionType, declared: Callable[..., Any]) -> bool:
    """The same of every object of a class: districts are opened far more often than classes are made."""
    return _fits(MethodType(function, function), declared)


@functools.cache
def _asked(declared: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The port's own arguments: those that may be given by place, and those by name only."""
    parameters = [*inspect.signature(declared).parameters.values()][1:]
    plain = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
    return plain, tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)


@functools.cache
def _returns(declared: Callable[..., Any]) -> Any:
    return get_type_hints(declared)["return"]


def _fits(call: Any, declared: Callable[..., Any]) -> bool:
    plain, only_named = _asked(declared)
    named = dict.fromkeys(only_named)
    try:
        signature = inspect.signature(call)
        signature.bind(*plain, **named)
        signature.bind(**dict.fromkeys(plain), **named)
    except (TypeError, ValueError):
        return False
    return True


@functools.cache
def _properties(protocol: type) -> tuple[str, ...]:
    return tuple(name for name in dir(protocol) if isinstance(inspect.getattr_static(protocol, name), property))


def _facade(
    port: object,
    protocol: type,
    members: Mapping[str, Callable[..., Any]],
    context: BackendContext,
    port_name: str,
) -> object:
    """An object with the guarded operations, and the Protocol's properties read through."""

    def passed(name: str) -> property:
        def read(_facade: object) -> object:
            return _once(context, f"{port_name}.{name}", _READ_PASSES, lambda: getattr(port, name))

        return property(read)

    def shown(_facade: object) -> str:
        return f"<guarded {port_name} of {context.instance}>"

    body: dict[str, Any] = {name: staticmethod(member) for name, member in members.items()}
    body |= {name: passed(name) for name in _properties(protocol)}
    facade = type(f"Guarded{protocol.__name__}", (), {**body, "__repr__": shown})
    return facade()


def _once(context: BackendContext, where: str, passes: tuple[type[Exception], ...], work: Callable[[], T]) -> T:
    """Do `work`; what is of `passes` is redacted, the rest becomes AdapterBug without its text or its chain."""
    try:
        return _redacted(context, passes, work)
    except passes:
        raise
    except Exception as error:  # noqa: BLE001 - the border to foreign code
        bug = AdapterBug(context.instance, where, f"raised {whereabouts(error)}")
    raise bug  # outside of the handler: as a context, the other's text would be printed with it


def _redacted(context: BackendContext, passes: tuple[type[Exception], ...], work: Callable[[], T]) -> T:
    try:
        return work()
    except passes as error:
        clean_error(error, context.redact)
        raise


@frozen
class _Guarded:
    """One operation of one opened port."""

    where: str
    context: BackendContext
    schedule: RetrySchedule
    call: Callable[..., Any]
    operation: Operation
    answers: type | UnionType

    def write(self, *args: Any, **kwargs: Any) -> Any:
        self._check_ours(args, kwargs)
        return _once(self.context, self.where, _WRITE_PASSES, lambda: self._answer(args, kwargs, None))

    def read(self, *args: Any, **kwargs: Any) -> Any:
        self._check_ours(args, kwargs)
        return self._repeated(lambda: self._answer(args, kwargs, self._test(args, kwargs)))

    def pages(self, *args: Any, **kwargs: Any) -> Iterator[Page[Any]]:
        self._check_ours(args, kwargs)
        return self._iterate(args, kwargs)

    def _iterate(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Page[Any]]:
        test = self._test(args, kwargs)
        source, page = self._repeated(lambda: self._begin(args, kwargs, test))
        try:
            while page is not _END:
                yield page
                last = page.last
                page = self._read_once(lambda: self._next(source, test))
                if last and page is not _END:
                    raise self._violation("a page follows the one that said it was the last")
        finally:
            close = getattr(source, "close", None)
            if close is not None:
                self._read_once(close)

    def _begin(self, args: Any, kwargs: Any, test: Callable[[Any], bool] | None) -> tuple[Iterator[Any], Any]:
        source = iter(self.call(*args, **kwargs))
        return source, self._next(source, test)

    def _next(self, source: Iterator[Any], test: Callable[[Any], bool] | None) -> Any:
        page = next(source, _END)
        if page is not _END:
            self._check_kind(page)
            if test is not None and not all(map(test, page.rows)):
                raise self._violation("a row is about another record than was asked for")
            return clean_answer(page, self.context.redact)
        return page

    def _answer(self, args: Any, kwargs: Any, test: Callable[[Any], bool] | None) -> Any:
        answer = self.call(*args, **kwargs)
        self._check_kind(answer)
        if test is not None and not test(answer):
            raise self._violation("the answer is about another record than was asked for")
        return clean_answer(answer, self.context.redact)

    def _test(self, args: Any, kwargs: Any) -> Callable[[Any], bool] | None:
        about = self.operation.about
        return None if about is None else about(self.context.instance, *args, **kwargs)

    def _check_kind(self, answer: object) -> None:
        if not isinstance(answer, self.answers):
            wanted = getattr(self.answers, "__name__", None) or str(self.answers)
            problem = f"answered with a {type(answer).__name__}, not a {wanted}"
            raise AdapterBug(self.context.instance, self.where, problem)

    def _check_ours(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        for value in chain(args, kwargs.values()):
            if isinstance(value, RecordId):
                self._check_id(value)
            elif isinstance(value, Collection) and not isinstance(value, str | bytes):
                for member in cast("Collection[object]", value):
                    if isinstance(member, RecordId):
                        self._check_id(member)

    def _check_id(self, record: RecordId) -> None:
        instance = self.context.instance
        if record.backend != instance:
            problem = f"was asked about a record of the backend '{record.backend}'; ids are never carried over"
            raise ConfigurationError(instance, self.where, problem)

    def _violation(self, problem: str) -> ProtocolViolation:
        return ProtocolViolation(self.context.instance, self.where, problem)

    def _read_once(self, work: Callable[[], T]) -> T:
        return _once(self.context, self.where, _READ_PASSES, work)

    def _repeated(self, work: Callable[[], T]) -> T:
        """Do a read, and again after a fault that had no effect, within the deadline."""
        clock, waited = self.context.clock, 0.0
        begun, attempt = clock.now(), 0
        while True:
            attempt += 1
            try:
                return self._read_once(work)
            except (Unavailable, RateLimited) as fault:
                # A clock may stand still or be set back in mid-call; what was slept counts in any case.
                spent = max(waited, (clock.now() - begun).total_seconds())
                asked = fault.retry_after if isinstance(fault, RateLimited) else None
                wait = self.schedule.wait(attempt, remaining=self.context.deadline - spent, asked=asked)
                if wait is None:
                    raise
                kind = type(fault).__name__
            log(_logger, logging.INFO, ReadRepeated(self.context.instance, self.where, kind, attempt, wait))
            self.context.sleep(wait)
            waited += wait
