"""What grading came to: a matrix of checks and operations, and the grade that follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import Enum
from typing import Any

from attrs import field, frozen

from scld_core.kernel.validate import instance, nonempty
from scld_core.plugins.spec import CONTRACT

__all__ = ["Cell", "Grade", "Report", "Verdict", "cell_of"]


class Verdict(Enum):
    """What a check says of one operation.

    EXCUSED: the backend declares that it does not offer this. UNSEEN: the harness has no lever to
    show it. EXPECTED: it fails, and the author has said so with a reason.
    """

    PASSED = "passed"
    FAILED = "failed"
    EXCUSED = "excused"
    UNSEEN = "unseen"
    EXPECTED = "expected_failure"


_MARKS = {
    Verdict.PASSED: "ok",
    Verdict.FAILED: "**FAIL**",
    Verdict.EXCUSED: "-",
    Verdict.UNSEEN: "?",
    Verdict.EXPECTED: "known",
}


class Grade(Enum):
    """How far a backend may be trusted, lowest first; computed from a report, never claimed.

    UNFIT: something that must hold does not, already when opening or reading. READS: every answer
    proved true. WRITES: its writes were proved as well, lost and repeated ones included. RECORDED
    and PROVEN: the same, and the adapter was held against recordings of the real system, or
    against the system itself.
    """

    UNFIT = "unfit"
    READS = "reads"
    WRITES = "writes"
    RECORDED = "recorded"
    PROVEN = "proven"


_CAPS = {"recorded": Grade.RECORDED, "live": Grade.PROVEN}


@frozen
class Cell:
    """One check on one operation; `writes` tells whether it proves something of a write."""

    check: str = field(validator=nonempty)
    operation: str = field(validator=nonempty)
    verdict: Verdict = field(validator=instance(Verdict))
    sentence: str = ""
    detail: str = ""
    writes: bool = False

    @property
    def bad(self) -> bool:
        """Whether it stands against the backend, expected or not."""
        return self.verdict in (Verdict.FAILED, Verdict.EXPECTED)


@frozen
class Report:
    """All cells of one backend and port."""

    backend: str
    port: str
    evidence: str = "none"
    cells: tuple[Cell, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no check failed that was not expected to."""
        return not any(cell.verdict is Verdict.FAILED for cell in self.cells)

    @property
    def grade(self) -> Grade:
        """What the cells prove, at most what the foreign evidence allows."""
        if not self.cells or any(cell.bad for cell in self.cells if not cell.writes):
            return Grade.UNFIT
        writing = [cell for cell in self.cells if cell.writes and cell.verdict is not Verdict.EXCUSED]
        if any(cell.verdict is not Verdict.PASSED for cell in writing):
            return Grade.READS
        return _CAPS.get(self.evidence, Grade.WRITES if writing else Grade.READS)

    @property
    def failures(self) -> tuple[Cell, ...]:
        """The cells that failed unexpectedly."""
        return tuple(cell for cell in self.cells if cell.verdict is Verdict.FAILED)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values; the same for the same cells in any order."""
        cells = sorted(self.cells, key=lambda cell: (cell.check, cell.operation))
        return {
            "backend": self.backend,
            "port": self.port,
            "contract": CONTRACT,
            "evidence": self.evidence,
            "grade": self.grade.value,
            "passed": self.passed,
            "cells": [_cell(cell) for cell in cells],
        }

    def json(self) -> str:
        """The report as indented JSON."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Report:
        """The report that `as_dict` wrote."""
        return cls(data["backend"], data["port"], data["evidence"], tuple(cell_of(row) for row in data["cells"]))

    def markdown(self) -> str:
        """The matrix as a Markdown table, its failures and unseen cells in words below."""
        operations = list(dict.fromkeys(cell.operation for cell in self.cells))
        checks = list(dict.fromkeys(cell.check for cell in self.cells))
        found = {(cell.check, cell.operation): _MARKS[cell.verdict] for cell in self.cells}
        rows = [
            f"# {self.backend}: port {self.port}",
            "",
            f"Grade **{self.grade.value}** (foreign evidence: {self.evidence}).",
            "",
            _row(["check", *operations]),
            _row(["---"] * (len(operations) + 1)),
            *(_row([check, *(found.get((check, name), "") for name in operations)]) for check in checks),
            "",
            "ok passed, - not offered by declaration, ? not to be seen with this harness, known expected to fail.",
        ]
        rows += _told("Failed", [c for c in self.cells if c.bad])
        rows += _told("Unseen", [c for c in self.cells if c.verdict is Verdict.UNSEEN])
        return "\n".join(rows) + "\n"


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "check": cell.check,
        "operation": cell.operation,
        "verdict": cell.verdict.value,
        "sentence": cell.sentence,
        "detail": cell.detail,
        "writes": cell.writes,
    }


def cell_of(data: dict[str, Any]) -> Cell:
    """The cell that `Report.as_dict` wrote."""
    known: dict[str, Any] = {**data, "verdict": Verdict(data["verdict"])}
    return Cell(**known)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _told(title: str, cells: list[Cell]) -> list[str]:
    if not cells:
        return []
    return ["", f"## {title}", "", *(f"- `{c.check}` on `{c.operation}`: {_line(c.detail)}" for c in cells)]


def _line(text: str) -> str:
    return " ".join(text.split())
