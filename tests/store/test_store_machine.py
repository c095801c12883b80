"""The databases do exactly what the reference store does: same values, same classes of exception."""

import itertools
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import psycopg
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from worker import open_store

from scld_adapters.sql.store import open_sqlite
from scld_core.errors import ScldError
from scld_core.kernel.decision import Reason
from scld_core.memory.store import MemoryStore
from scld_core.runs.model import Approval, Evidence, JournalEntry, Risk, Step, StepRecord, StepState

START = datetime(2026, 3, 8, 9, 59, tzinfo=UTC)
AREAS = ["hotspots", "fees"]
RUNS = ["", "r1", "r2"]

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
words = texts.filter(str.strip)
instants = st.integers(0, 4 * 3600 * 1_000_000).map(lambda us: START + timedelta(microseconds=us))

steps = st.builds(
    Step,
    st.sampled_from(["suspend", "restore"]),
    st.sampled_from(["main:i1", "main:i2", "Main:i1"]),
    st.sampled_from(["loan 1", "loan 2", "loan 3"]),
    st.sampled_from(AREAS),
    st.dates(date(2026, 3, 1), date(2026, 3, 31)),
    words,
    label=texts,
    reasons=st.lists(st.builds(Reason, words, st.tuples(st.tuples(texts, texts)), texts), max_size=2).map(tuple),
    evidence=st.lists(st.builds(Evidence, words, words, instants), max_size=2).map(tuple),
    risk=st.sampled_from(Risk),
    needs_approval=st.booleans(),
)
step_records = st.builds(
    StepRecord,
    steps,
    st.sampled_from(RUNS[1:]),
    st.sampled_from(StepState),
    instants,
    actor=texts,
    attempts=st.lists(instants, max_size=3).map(tuple),
    reference=texts,
    detail=texts,
    approval=st.none() | st.builds(Approval, words, instants, words, words),
)
entries = st.builds(JournalEntry, instants, words, words, words, run=st.sampled_from(RUNS), step=texts, detail=texts)
kinds = st.sampled_from(["hotspots.device", "hotspots.Device", "run"])
keys = st.sampled_from(["", "a", "A", "b", "é", "e", "\U0001f4f6", "￿"]) | texts

# One operation is a function of a unit; its answer is compared.
operations = st.one_of(
    st.builds(lambda r: lambda u: u.steps.put(r), step_records),
    st.builds(lambda r: lambda u: u.steps.get(r.step.id), step_records),
    st.builds(lambda a: lambda u: u.steps.unresolved(a), st.none() | st.sampled_from(AREAS)),
    st.builds(lambda r: lambda u: u.steps.of_run(r), st.sampled_from(RUNS)),
    st.builds(lambda a, i: lambda u: u.steps.history(a, i), st.sampled_from(AREAS), instants),
    st.builds(lambda e: lambda u: u.journal.append(e), entries),
    st.builds(lambda r: lambda u: u.journal.entries(r), st.none() | st.sampled_from(RUNS)),
    st.builds(lambda k, n, b: lambda u: u.records(k).put(n, b), kinds, keys, texts),
    st.builds(lambda k, n: lambda u: u.records(k).get(n), kinds, keys),
    st.builds(lambda k, n: lambda u: u.records(k).delete(n), kinds, keys),
    st.builds(lambda k: lambda u: list(u.records(k).items()), kinds),
)


class Stop(Exception):
    """Ends a transaction from inside."""


def outcome(operation, unit):
    """An operation's value, or the class of its refusal."""
    try:
        return operation(unit)
    except ScldError as refusal:
        return type(refusal)


class StoreMachine(RuleBasedStateMachine):
    """Whole transactions, committed or broken off, on the reference and on a database."""

    open_database = None

    def __init__(self) -> None:
        super().__init__()
        self.reference = MemoryStore()
        self.database, self.reopened = self.open_database()

    @rule(todo=st.lists(operations, min_size=1, max_size=6), broken=st.booleans())
    def transaction(self, todo, broken):
        """Every operation gives the same on both, and so does what is left when the transaction breaks."""
        expected, found = (self.run(store, todo, broken=broken) for store in (self.reference, self.database))
        assert found == expected

    @rule()
    def reopen(self):
        """A new process sees the same."""
        self.database.close()
        self.database = self.reopened()

    @rule(what=words)
    def exclusive(self, what):
        """One holder, whoever asks; free again afterwards."""
        for store in (self.reference, self.database):
            with store.exclusive(what):
                assert outcome(lambda _, s=store: s.exclusive(what).__enter__(), None).__name__ == "RunInProgress"

    @invariant()
    def same_content(self):
        """All unresolved steps, the whole journal and all records agree."""
        assert self.content(self.database) == self.content(self.reference)

    def teardown(self):
        """Let go of both."""
        self.reference.close()
        self.database.close()

    @staticmethod
    def content(store):
        """All that can be listed."""
        with store.transaction() as unit:
            found = [unit.steps.history(area, START) for area in AREAS]
            found += [list(unit.records(kind).items()) for kind in ("hotspots.device", "hotspots.Device", "run")]
            return found, unit.steps.unresolved(), unit.journal.entries()

    @staticmethod
    def run(store, todo, *, broken):
        """The outcomes of one transaction."""
        found = []
        with suppress(Stop), store.transaction() as unit:
            found = [outcome(operation, unit) for operation in todo]
            if broken:
                raise Stop
        return found


def test_sqlite_does_what_the_reference_does(tmp_path):
    """Differential: random transactions with roll-backs and reopening, on SQLite."""
    numbers = itertools.count()

    class Sqlite(StoreMachine):
        def open_database(self):
            path = tmp_path / f"{next(numbers)}.sqlite"
            return open_sqlite(path, create=True), lambda: open_sqlite(path)

    some = max(settings().max_examples // 2, 5)
    run_state_machine_as_test(Sqlite, settings=settings(max_examples=some, stateful_step_count=12))


def test_postgres_does_what_the_reference_does(postgres, empty_database):
    """Differential: the same on a real PostgreSQL server, with fewer examples."""
    url = postgres.database(empty_database)

    class PostgreSQL(StoreMachine):
        def open_database(self):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("TRUNCATE steps, journal, records")
            return open_store(url), lambda: open_store(url)

    few = max(settings().max_examples // 5, 5)
    run_state_machine_as_test(PostgreSQL, settings=settings(max_examples=few, stateful_step_count=10))
