"""The pytest plugin, used with ``-p scld_core.testing.plugin``: prints the matrix and writes it.

``--scld-report DIR`` writes BACKEND.PORT.json and BACKEND.PORT.md for every backend that was graded.
It works under pytest-xdist as well.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from scld_core.testing._pytest import pytest
from scld_core.testing.report import Cell, Report
from scld_core.testing.suite import PROPERTY

__all__ = ["Matrices", "pytest_addoption", "pytest_configure"]

_NAME = "scld-matrices"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Matrices:
    """Gathers what the suites hand over, and tells it when the run is over."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._cells: dict[tuple[str, str, str], list[Cell]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the part of one test."""
        if report.when != "teardown":
            return
        for name, value in report.user_properties:
            if name == PROPERTY:
                part = Report.from_dict(value)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
                key = (part.backend, part.port, part.evidence)
                self._cells.setdefault(key, []).extend(part.cells)

    def reports(self) -> tuple[Report, ...]:
        """One report for each backend and port."""
        return tuple(Report(*key, tuple(cells)) for key, cells in sorted(self._cells.items()) if cells)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print every matrix, and write it where that was asked for."""
        for report in self.reports():
            terminalreporter.section(f"scld conformance: {report.backend}, port {report.port}")
            terminalreporter.write_line(report.markdown())
            if self._folder is not None:
                self._folder.mkdir(parents=True, exist_ok=True)
                stem = f"{_UNSAFE.sub('-', report.backend)}.{report.port}"
                (self._folder / f"{stem}.json").write_text(report.json(), encoding="utf-8")
                (self._folder / f"{stem}.md").write_text(report.markdown(), encoding="utf-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--scld-report``."""
    parser.getgroup("scld").addoption(
        "--scld-report",
        metavar="DIR",
        default=None,
        help="Write each conformance matrix into DIR as JSON and Markdown.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Gather on the process that reports: not on a worker of pytest-xdist."""
    if not hasattr(config, "workerinput"):
        folder = config.getoption("--scld-report")
        config.pluginmanager.register(Matrices(None if folder is None else Path(folder)), _NAME)
