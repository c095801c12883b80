"""The conformance suites: one pytest class for each port, to be subclassed with one fixture.

::

    class TestAcme(CarrierSuite):
        @pytest.fixture
        def backend(self):
            return Harness.of(ACME, "lines", make_bench)

Every check of the port is a test of its own. One that cannot pass is overridden openly, and only so::

        @expected_failure(reason="Acme takes a busy answer for a yes; reported on 2026-03-01")
        def test_too_many(self, backend):
            self.prove("lines.too-many", backend)

The check still runs, must fail, and shows in the report; a class that replaces a test without
saying why cannot be made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar

from attrs import evolve

from scld_core.testing._pytest import pytest
from scld_core.testing.case import Check, CheckFailed
from scld_core.testing.checks import checks_of
from scld_core.testing.grading import check_cells
from scld_core.testing.harness import Harness
from scld_core.testing.machines import run_machine
from scld_core.testing.report import Cell, Report, Verdict

__all__ = [
    "PROPERTY",
    "CalendarsSuite",
    "CarrierSuite",
    "CatalogSuite",
    "ChannelSuite",
    "FeesSuite",
    "HoldsSuite",
    "LoansSuite",
    "NoticesSuite",
    "PatronsSuite",
    "StoreSuite",
    "Suite",
    "expected_failure",
]

F = TypeVar("F", bound=Callable[..., Any])

PROPERTY = "scld.report"
"""Under this name each test hands its part of the report to the plugin."""

_REASON = "__scld_expected_failure__"


def expected_failure(*, reason: str) -> Callable[[F], F]:
    """Mark the override of a standard test: the check runs, must fail, and is reported with `reason`.

    A blank reason raises ValueError. A check that passes after all fails the test.
    """
    if not reason.strip():
        raise ValueError("an expected failure needs a reason")

    def mark(method: F) -> F:
        setattr(method, _REASON, reason)
        marked: F = pytest.mark.xfail(reason=reason, strict=True, raises=CheckFailed)(method)
        return marked

    return mark


class Suite:
    """What the suites share; not to be subclassed directly.

    `examples` bounds the runs of the state machine, where the active Hypothesis profile's number is
    too many for a slow backend. `standard` are the tests that may not be replaced silently.
    """

    examples: ClassVar[int | None] = None
    standard: ClassVar[Mapping[str, object]] = {}
    _cells: list[Cell]
    _reason: str

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, standard in cls.standard.items():
            found = getattr(cls, name, None)
            if found is not standard and not hasattr(found, _REASON):
                problem = f"{cls.__qualname__}.{name} replaces a standard test without a reason; "
                raise TypeError(problem + "mark it with @expected_failure(reason=...), or give it another name")

    @pytest.fixture
    def backend(self) -> Harness[Any]:
        """The harness of the backend to be graded; every subclass gives its own."""
        raise NotImplementedError(f"{type(self).__name__} needs a fixture 'backend' that returns a Harness")

    @pytest.fixture(autouse=True)
    def _reported(self, request: Any, backend: Harness[Any]) -> Iterator[None]:
        self._cells = []
        self._reason = getattr(request.function, _REASON, "")
        yield
        part = Report(backend.name, backend.port, backend.evidence, tuple(self._cells))
        request.node.user_properties.append((PROPERTY, part.as_dict()))

    def prove(self, check: str, backend: Harness[Any]) -> None:
        """Run the check of that id and keep its cells; raises CheckFailed when one of them failed."""
        (one,) = (known for known in checks_of(backend.port) if known.id == check)
        cells = check_cells(one, backend)
        failed = [cell for cell in cells if cell.verdict is Verdict.FAILED]
        self._cells.extend(self._expected(cell) for cell in cells)
        if failed:
            raise CheckFailed("\n".join(f"{cell.check} on {cell.operation}: {cell.detail}" for cell in failed))

    def _expected(self, cell: Cell) -> Cell:
        if cell.verdict is not Verdict.FAILED or not self._reason:
            return cell
        return evolve(cell, verdict=Verdict.EXPECTED, detail=f"{self._reason} ({cell.detail})")

    def test_machine(self, backend: Harness[Any]) -> None:
        """A life of its own beside the reference, found by Hypothesis."""
        check = f"{backend.port}.machine"
        try:
            run_machine(backend, examples=self.examples)
        except CheckFailed:
            why = backend.departure(check)
            if not why:
                raise
            sentence = "A life of random calls goes as it does for the reference."
            self._cells.append(Cell(check, "life", Verdict.EXCUSED, sentence, why))


def _test(check: Check[Any]) -> Callable[[Suite, Harness[Any]], None]:
    def test(self: Suite, backend: Harness[Any]) -> None:
        self.prove(check.id, backend)

    test.__doc__ = check.sentence
    return test


S = TypeVar("S", bound=type[Suite])


def _standard(port: str) -> Callable[[S], S]:
    def filled(kind: S) -> S:
        tests: dict[str, object] = {"test_machine": Suite.test_machine}
        for check in checks_of(port):
            test = _test(check)
            test.__name__ = "test_" + check.id.partition(".")[2].replace("-", "_")
            test.__qualname__ = f"{kind.__qualname__}.{test.__name__}"
            setattr(kind, test.__name__, test)
            tests[test.__name__] = test
        kind.standard = tests
        return kind

    return filled


@_standard("lines")
class CarrierSuite(Suite):
    """Every check of `CarrierLines`, each a test."""


@_standard("loans")
class LoansSuite(Suite):
    """Every check of `Loans`, each a test."""


@_standard("channel")
class ChannelSuite(Suite):
    """Every check of `AgencyChannel`, each a test."""


@_standard("fees")
class FeesSuite(Suite):
    """Every check of `Fees`, each a test."""


@_standard("patrons")
class PatronsSuite(Suite):
    """Every check of `Patrons`, each a test."""


@_standard("notices")
class NoticesSuite(Suite):
    """Every check of `Notices`, each a test."""


@_standard("holds")
class HoldsSuite(Suite):
    """Every check of `Holds`, each a test."""


@_standard("catalog")
class CatalogSuite(Suite):
    """Every check of `Catalog`, each a test."""


@_standard("calendars")
class CalendarsSuite(Suite):
    """Every check of `Calendars`, each a test."""


@_standard("store")
class StoreSuite(Suite):
    """Every check of `Store`, each a test."""
