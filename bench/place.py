"""One applied step's local transactions against raw sqlite3 with the same statements, synchronous FULL."""

import itertools
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import frozen
from sqlalchemy import event

from bench.ratio import Ratio, compare
from scld_adapters.sql.store import open_sqlite
from scld_core import codecs
from scld_core.kernel.actor import Actor
from scld_core.kernel.decision import Decision, permit
from scld_core.kernel.time import FixedClock
from scld_core.runs.action import Action
from scld_core.runs.engine import Engine
from scld_core.runs.model import Answer, AnswerKind, ReadBack, Step, StepRecord

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
COUNT = 300
_names = itertools.count()


@frozen
class Nothing:
    """The payload of a step that asks a carrier for nothing."""

    note: str = "synthetic"


def _permit(payload: Nothing, step: Step) -> Decision:
    del payload, step
    return permit()


def _done(payload: Nothing, key: str) -> Answer:
    del payload, key
    return Answer(AnswerKind.DONE)


def _read_back(payload: Nothing, record: StepRecord) -> ReadBack:
    del payload, record
    return ReadBack.DONE


STEPS = [
    Step("bench.place", f"main:i{n}", "bench", "bench", NOW.date(), codecs.dump(Nothing()), label=f"hotspot {n}")
    for n in range(COUNT)
]


def _apply(folder: Path, log: list[Any] | None = None) -> Path:
    """Our side: the engine on the store; `log` takes every statement with its parameters."""
    path = folder / f"ours-{next(_names)}.sqlite"
    store = open_sqlite(path, create=True)
    if log is not None:
        event.listen(store.engine, "before_cursor_execute", lambda _c, _u, sql, values, *_: log.append((sql, values)))
        event.listen(store.engine, "begin", lambda _: log.append(("BEGIN IMMEDIATE", ())))
        event.listen(store.engine, "commit", lambda _: log.append(("COMMIT", ())))
    actions = {"bench.place": Action("bench.place", Nothing, _permit, _done, _read_back)}
    engine = Engine(store, actions, FixedClock(NOW), Actor("bench"), lambda _: None)
    for step in STEPS:
        engine.execute(step, "run")
    store.close()
    return path


def _replay(folder: Path, template: Path, log: list[Any]) -> Path:
    """The baseline: the same statements through sqlite3 alone, on an empty copy of the same tables."""
    path = folder / f"raw-{next(_names)}.sqlite"
    path.write_bytes(template.read_bytes())
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    for sql, values in log:
        connection.execute(sql, values).fetchall()
    connection.close()
    return path


def _content(path: Path) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return [connection.execute(f"SELECT * FROM {table}").fetchall() for table in ("steps", "journal")]
    finally:
        connection.close()


def run() -> Iterator[Ratio]:
    """Goal: at least 0.4 of the raw rate, so at most 2.5 times its time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty = folder / "empty.sqlite"
        open_sqlite(empty, create=True).close()
        log: list[Any] = []
        _apply(folder, log)
        found = compare(
            f"place: {COUNT} applied steps",
            lambda: _apply(folder),
            lambda: _replay(folder, empty, log),
            baseline_is="raw sqlite3, same statements, synchronous FULL",
            most=2.5,
            same=lambda ours, raw: _content(ours) == _content(raw),
            rounds=7,
        )
        yield Ratio(
            found.name,
            found.baseline_is,
            found.ours,
            found.baseline,
            found.ratio,
            found.goal,
            found.met,
            f"{1 / found.ratio:.2f} of the raw rate",
        )
