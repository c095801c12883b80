"""A process that uses a store and is told what to do, line by line; also run as ``python worker.py ADDRESS``.

Every command is answered with one line, so that a test knows what has happened without waiting for time to pass.
"""

import subprocess
import sys
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime
from pathlib import Path

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.store import SqlStore, open_postgres, open_sqlite
from scld_adapters.sql.tables import UNRESOLVED_SQL
from scld_core.errors import ScldError
from scld_core.runs.model import JournalEntry, Step, StepRecord, StepState
from support.places import unmeasured

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)


def open_store(address: str) -> SqlStore:
    """The store at a path or URL."""
    return open_postgres(address) if address.startswith("postgresql:") else open_sqlite(Path(address))


def record(cause: str, *, subject: str = "main:i1", state: StepState = StepState.PREPARED) -> StepRecord:
    """A step that suspends one item's line."""
    step = Step("hotspots.suspend", subject, cause, "hotspots", date(2026, 3, 10), "{}")
    return StepRecord(step, f"run-{cause}", state, NOW)


def entry(detail: str) -> JournalEntry:
    """An audit line."""
    return JournalEntry(NOW, "tester", "step.prepare", "main:i1", run="r1", detail=detail)


def write(unit, cause: str) -> None:
    """One effect: a step and its audit line."""
    unit.steps.put(record(cause, subject=f"main:{cause}"))
    unit.journal.append(entry(cause))


RAW = sa.text(
    "INSERT INTO steps (id, run, area, action, subject, state, updated_at, body)"
    " VALUES (:id, '', '', 'hotspots.suspend', 'main:i1', 'prepared', '', '')"
)
"""What a program without the guard would send."""


class Worker:
    """The commands."""

    def __init__(self, address: str) -> None:
        self.store = open_store(address)
        self.stack = ExitStack()
        self.unit = None

    def put(self, cause: str) -> str:
        """Put an open step of the one contested subject, in a transaction of its own."""
        with self.store.transaction() as unit:
            unit.steps.put(record(cause))
        return "done"

    def begin(self, cause: str) -> str:
        """The same, but leave the transaction open."""
        self.unit = self.stack.enter_context(self.store.transaction())
        self.unit.steps.put(record(cause))
        return "written"

    def commit(self, _: str) -> str:
        """End the open transaction."""
        self.stack.close()
        return "committed"

    def look(self, _: str) -> str:
        """How many open steps the subject has; read without any lock, as a careless program does."""
        with self.store.reading() as connection:
            return str(connection.execute(sa.text(f"SELECT count(*) FROM steps WHERE {UNRESOLVED_SQL}")).scalar_one())

    def insert(self, cause: str) -> str:
        """Insert without looking again."""
        with self.store.engine.begin() as connection:
            connection.execute(RAW, {"id": cause})
        return "done"

    def hold(self, _: str) -> str:
        """Take the run's lock and keep it."""
        self.stack.enter_context(self.store.exclusive("apply"))
        return "held"

    def half(self, cause: str) -> str:
        """Write an effect and do not commit it."""
        self.unit = self.stack.enter_context(self.store.transaction())
        write(self.unit, cause)
        return "written"

    def pour(self, _: str) -> str:
        """Commit effects without end, and tell each one after it was committed."""
        number = 0
        while True:
            with self.store.transaction() as unit:
                write(unit, f"c{number:05}")
            say(number)
            number += 1


def say(answer: object) -> None:
    """One line for the test to read."""
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


def main() -> None:
    """Answer commands until the input ends."""
    worker = Worker(sys.argv[1])
    say("ready")
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        try:
            answer = getattr(worker, command)(argument)
        except ScldError as refusal:
            answer = type(refusal).__name__
        say(answer)
    worker.stack.close()
    worker.store.close()


class Remote:
    """The test's end of a worker; leaving it kills the process with SIGKILL if it still runs."""

    def __init__(self, address: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=unmeasured(PYTHONPATH=str(Path(__file__).parent.parent)),
        )

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.kill()

    def send(self, command: str) -> None:
        """Give a command and do not wait."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        """The next line the worker says."""
        return self.process.stdout.readline().strip()

    def do(self, command: str) -> str:
        """Give a command and wait for its answer."""
        self.send(command)
        return self.answer()

    def kill(self) -> str:
        """SIGKILL, as if the power failed; gives what it had still said."""
        self.process.kill()
        rest = self.process.stdout.read() if not self.process.stdout.closed else ""
        self.process.wait()
        self.process.stdout.close()
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        return rest


if __name__ == "__main__":
    main()
