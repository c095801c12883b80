"""Grading a backend from plain Python: every check on every operation, and the report of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from scld_core.errors import BackendError, MissingExtra
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.log import whereabouts
from scld_core.testing.case import Case, Check, CheckFailed, Excused, Unseen
from scld_core.testing.checks import checks_of
from scld_core.testing.harness import Harness
from scld_core.testing.report import Cell, Report, Verdict
from scld_core.testing.synthetic import CANARIES

__all__ = ["check_cells", "grade", "run_check"]


def run_check(check: Check[Any], operation: str, harness: Harness[Any]) -> Cell:
    """One cell of the matrix; whatever a backend raises becomes a verdict, never an exception.

    MissingExtra is raised: without a library that is not installed nothing can be judged.
    """
    verdict, detail = _judge(check, operation, harness)
    if verdict is Verdict.FAILED and (why := harness.departure(check.id, operation)):
        verdict, detail = Verdict.EXCUSED, why
    for canary in CANARIES:  # what an adapter gives away is not spread by its report
        detail = detail.replace(canary, "(canary)")
    return Cell(check.id, operation, verdict, check.sentence, detail, check.writes)


def _judge(check: Check[Any], operation: str, harness: Harness[Any]) -> tuple[Verdict, str]:
    try:
        with Case(harness, operation) as case:
            if operation in harness.operations and not check.always:
                case.needs(operation)
            case.needs(*check.also)
            check.run(case)
    except CheckFailed as found:
        return Verdict.FAILED, str(found)
    except Unseen as found:
        return Verdict.UNSEEN, str(found)
    except Excused as found:
        return Verdict.EXCUSED, _why(harness, operation) or str(found)
    except MissingExtra:  # what is lacking here is no fault of the backend's
        raise
    except BackendError as fault:
        return Verdict.FAILED, f"raised {type(fault).__name__}: {fault}"
    except (Exception, SystemExit) as fault:  # noqa: BLE001 - foreign code is being judged
        return Verdict.FAILED, f"raised {whereabouts(fault)}"
    return Verdict.PASSED, ""


def _why(harness: Harness[Any], operation: str) -> str:
    capability = harness.capability(operation)
    return capability.reason if isinstance(capability, Unsupported) else ""


def check_cells(check: Check[Any], harness: Harness[Any]) -> tuple[Cell, ...]:
    """The cells of one check: one for each operation it covers."""
    return tuple(run_check(check, operation, harness) for operation in check.covers)


def _silent(cell: Cell) -> None:
    del cell


def grade(
    harness: Harness[Any], *, checks: Iterable[Check[Any]] | None = None, progress: Callable[[Cell], None] = _silent
) -> Report:
    """Run the checks of the harness's port (or those given) and report; `progress` hears of each cell."""
    cells: list[Cell] = []
    for one in checks_of(harness.port) if checks is None else checks:
        for cell in check_cells(one, harness):
            progress(cell)
            cells.append(cell)
    return Report(harness.name, harness.port, harness.evidence, tuple(cells))
