"""The JSON object of a comparison, written as its rows come: it may have a million of them."""

from __future__ import annotations

import json
from typing import IO, Any

from scld_core.agency.model import Basis, Finding, Reconciliation
from scld_core.services.agency.inputs import EngineUsed, Input
from scld_core.services.agency.partial import warnings
from scld_core.services.agency.rows import json_row

__all__ = ["JsonFile"]


class JsonFile:
    """Writes ``{"basis": ..., "rows": [...], "counts": ...}``; what counts come to is known after the last row."""

    def __init__(self, file: IO[str], basis: Basis) -> None:
        self._file = file
        self._before = "\n"
        file.write(f'{{"basis": {json.dumps(basis.value)}, "rows": [')

    def add(self, found: Finding) -> None:
        """One row."""
        self._file.write(self._before + json.dumps(json_row(found)))
        self._before = ",\n"

    def close(self, summary: Reconciliation, inputs: tuple[Input, ...], engine: EngineUsed) -> None:
        """Everything that follows the rows."""
        rest: dict[str, Any] = {
            "counts": {kind.value: count for kind, count in summary.counts.items()},
            "quarantine": [{"file": q.source, "line": q.line, "reason": q.reason} for q in summary.quarantined],
            "unexplained": summary.unexplained,
            "not_made": [{"check": check, "reason": reason} for check, reason in summary.not_made],
            "ages": [one.as_json() for one in inputs],
            "engine": engine.as_json(),
            "warnings": list(warnings(summary)),
        }
        parts = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in rest.items())
        self._file.write(f"\n],\n{parts}}}\n")
