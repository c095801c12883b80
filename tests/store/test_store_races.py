"""Several processes on one store. Hand-shakes go through pipes; nothing waits for time to pass."""

import sqlite3
from contextlib import closing

import psycopg
import pytest
from worker import Remote, entry, open_store, record

from scld_core.errors import RunInProgress

FREED = "SELECT pg_advisory_xact_lock(23582, hashtext(current_schema()))"


def without_index(address: str) -> None:
    """Take the last line of defence away, so that the guard is tested by itself."""
    if address.startswith("postgresql:"):
        with psycopg.connect(address) as connection:
            connection.execute("DROP INDEX steps_one_unresolved")
    else:
        with closing(sqlite3.connect(address)) as connection:
            connection.execute("DROP INDEX steps_one_unresolved")


def lock_is_free(address: str) -> None:
    """Return when the server has noticed that the holder is gone; at once on SQLite, where the kernel frees it.

    Our own lock is the transaction's: a session's would be freed only some time after this connection is closed.
    """
    if address.startswith("postgresql:"):
        with psycopg.connect(address, options="-c statement_timeout=10s") as connection:
            connection.execute(FREED)


@pytest.fixture
def open_steps(address):
    """How many open steps the contested subject has."""

    def count() -> int:
        store = open_store(address)
        with store.transaction() as unit:
            found = unit.steps.unresolved()
        store.close()
        return len(found)

    return count


def test_of_two_processes_that_open_the_same_step_one_wins(address, open_steps):
    """Both put a step for one action and subject at once: one commits, the other meets Conflict."""
    with Remote(address) as one, Remote(address) as two:
        assert [one.answer(), two.answer()] == ["ready", "ready"]
        for worker, cause in ((one, "a"), (two, "b")):
            worker.send(f"put {cause}")
        assert sorted([one.answer(), two.answer()]) == ["Conflict", "done"]
    assert open_steps() == 1


def test_the_transaction_guards_even_without_the_index(address, open_steps):
    """The second one waits while the first has not committed, then looks, sees and refuses."""
    without_index(address)
    with Remote(address) as one, Remote(address) as two:
        assert [one.answer(), two.answer()] == ["ready", "ready"]
        assert one.do("begin a") == "written"
        two.send("put b")
        assert one.do("commit") == "committed"
        assert two.answer() == "Conflict"
    assert open_steps() == 1


def test_control_looking_and_inserting_apart_opens_two(address):
    """Control: in the same interleaving a program that looks first and inserts later doubles the step."""
    without_index(address)
    with Remote(address) as one, Remote(address) as two:
        assert [one.answer(), two.answer()] == ["ready", "ready"]
        assert [one.do("look"), two.do("look")] == ["0", "0"]
        assert [one.do("insert a"), two.do("insert b")] == ["done", "done"]
        assert one.do("look") == "2"


def test_a_killed_run_gives_the_district_free(address):
    """While a process holds the district nobody else runs; SIGKILL ends its hold at once."""
    store = open_store(address)
    with Remote(address) as worker:
        assert worker.answer() == "ready"
        assert worker.do("hold") == "held"
        with pytest.raises(RunInProgress), store.exclusive("apply"):
            pass
        worker.kill()
        lock_is_free(address)
        with store.exclusive("apply"):
            pass
    store.close()


def test_a_process_killed_in_mid_transaction_leaves_nothing_half(address):
    """What it had committed is there; of what it had only written there is no trace, and no lock."""
    with Remote(address) as worker:
        assert worker.answer() == "ready"
        assert worker.do("put a") == "done"
        assert worker.do("half b") == "written"
        worker.kill()
    store = open_store(address)
    with store.transaction() as unit:
        assert unit.steps.unresolved() == (record("a"),)
        assert unit.journal.entries() == ()
    store.close()


@pytest.mark.parametrize("after", [0, 9])
def test_killed_at_any_moment_every_told_commit_is_kept(address, after):
    """SIGKILL amid a stream of commits: a whole prefix is there, at least all that was told, step and line together."""
    with Remote(address) as worker:
        assert worker.answer() == "ready"
        worker.send("pour")
        told = [worker.answer() for _ in range(after + 1)] + worker.kill().splitlines()
    told = [number for number in told if number]
    store = open_store(address)
    with store.transaction() as unit:
        kept = unit.journal.entries()
        steps = [r.step.cause for r in unit.steps.unresolved()]
    store.close()
    assert kept == tuple(entry(f"c{number:05}") for number in range(len(kept)))
    assert steps == [e.detail for e in kept]
    assert len(kept) >= len(told) > after
