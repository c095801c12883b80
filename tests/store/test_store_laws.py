"""What every store must do: memory, SQLite and PostgreSQL alike."""

import threading
from datetime import timedelta, timezone

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from worker import RAW, entry, record, write

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.sqlite import SqlitePeer
from scld_adapters.sql.statements import Statements
from scld_adapters.sql.store import SqlStore, open_sqlite
from scld_adapters.sql.tables import instant_text
from scld_core.errors import BadInput, Conflict, RunInProgress, Unavailable
from scld_core.runs.model import UNRESOLVED, StepState

ZONES = [timezone(timedelta(minutes=minutes)) for minutes in (-720, -480, 0, 1, 345, 840)]


class Breakdown(Exception):
    """Something that has nothing to do with the store."""


def everything(store):
    """All that a store holds, of the kinds used here."""
    with store.transaction() as unit:
        return unit.steps.unresolved(), unit.journal.entries(), list(unit.records("kit").items())


def test_a_transaction_that_raises_leaves_nothing_and_passes_the_exception_on(store):
    """Rollback: steps, journal and records are as they were, and the exception is the body's own."""
    with store.transaction() as unit:
        write(unit, "kept")
        unit.records("kit").put("a", "1")
    before = everything(store)
    fault = Breakdown()
    with pytest.raises(Breakdown) as caught, store.transaction() as unit:
        write(unit, "lost")
        unit.records("kit").put("a", "2")
        unit.records("kit").put("b", "2")
        raise fault
    assert caught.value is fault
    assert everything(store) == before


def test_a_conflict_leaves_its_transaction_usable(store):
    """A refused step is a value to go on with: what was written before and after it is committed."""
    with store.transaction() as unit:
        unit.steps.put(record("one"))
        with pytest.raises(Conflict):
            unit.steps.put(record("two"))
        unit.journal.append(entry("after"))
    assert everything(store) == ((record("one"),), (entry("after"),), [])


def test_one_unresolved_step_for_each_action_and_subject(store):
    """Only an unresolved step stands in the way of another one, and replacing itself is always allowed."""
    for state in StepState:
        one, two, three = (record(f"{n} {state}", subject=f"main:{state.value}") for n in "123")
        with store.transaction() as unit:
            unit.steps.put(evolve(one, state=state))
            unit.steps.put(evolve(one, state=state))
            unit.steps.put(evolve(two, state=StepState.APPLIED))
            last = three
            if state in UNRESOLVED:
                with pytest.raises(Conflict):
                    unit.steps.put(three)
                last = evolve(one, state=state)
            else:
                unit.steps.put(three)
            with pytest.raises(Conflict):
                unit.steps.put(evolve(two, state=StepState.UNKNOWN))
            assert [r for r in unit.steps.unresolved() if r.step.subject == last.step.subject] == [last]


def test_order_of_first_put_outlives_replacement(store):
    """Replacing a record keeps its place among the unresolved; history goes by the time of update."""
    first, second = record("a", subject="main:a"), record("b", subject="main:b")
    later = evolve(first, updated_at=first.updated_at.replace(hour=16), state=StepState.UNKNOWN)
    with store.transaction() as unit:
        for each in (first, second, later):
            unit.steps.put(each)
        assert unit.steps.unresolved("hotspots") == (later, second)
        assert unit.steps.history("hotspots", first.updated_at) == (second, later)
        assert unit.steps.history("hotspots", later.updated_at) == (later,)
        assert unit.steps.of_run("run-a") == (later,)
        assert unit.steps.unresolved("fees") == ()


def test_records_come_in_the_order_of_code_points(store):
    """Neither a locale nor letter case decides: Z comes before a, and ä after z."""
    keys = ["a", "B", "Z", "ä", "_", "-1", "10", "9", "\U0001f4f6", "�", "a b", "ab"]
    with store.transaction() as unit:
        for key in keys:
            unit.records("kit").put(key, key.upper())
        assert [key for key, _ in unit.records("kit").items()] == sorted(keys)
        unit.records("kit").delete("nothing")
        assert list(unit.records("other").items()) == []


def test_transactions_of_threads_lose_no_update(store):
    """Read, add one, write: from four threads at once the sum is exact."""

    def add() -> None:
        for _ in range(10):
            with store.transaction() as unit:
                unit.records("kit").put("n", str(int(unit.records("kit").get("n") or 0) + 1))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert everything(store)[2] == [("n", "40")]


def test_a_transaction_inside_another_is_a_programming_error(store):
    """It would wait for itself; it is refused at once, and the outer one goes on."""
    with store.transaction() as unit:
        with pytest.raises(RuntimeError, match="nest"), store.transaction():
            pass
        write(unit, "outer")
    assert len(everything(store)[0]) == 1


def test_a_unit_ends_with_its_transaction(store):
    """Nothing can be read or written through a unit that is over."""
    with store.transaction() as unit:
        pass
    with pytest.raises(RuntimeError, match="over"):
        unit.journal.append(entry("late"))
    with pytest.raises(RuntimeError, match="over"):
        unit.steps.get("x")


def test_exclusive_admits_one_holder_at_a_time(store):
    """The second is told that a run is in progress; transactions go on meanwhile; the hold ends on any exit."""
    with pytest.raises(Breakdown), store.exclusive("apply"):
        with pytest.raises(RunInProgress, match=r"undo: another run"), store.exclusive("undo"):
            pass
        write_one(store)
        raise Breakdown
    with store.exclusive("again"):
        pass


def write_one(store) -> None:
    """Any committed effect."""
    with store.transaction() as unit:
        write(unit, "meanwhile")


def test_a_closed_store_says_so(store):
    """Every use after close, which may be called twice, is refused in plain words."""
    store.close()
    store.close()
    with pytest.raises(BadInput, match="is closed"), store.transaction():
        pass
    with pytest.raises(BadInput, match="is closed"), store.exclusive("apply"):
        pass


def test_what_is_committed_is_there_for_the_next_process(address):
    """Round trip through the disk: a second opening reads what the first one wrote."""
    from worker import open_store

    first = open_store(address)
    write_one(first)
    before = everything(first)
    first.close()
    second = open_store(address)
    assert everything(second) == before
    second.close()


def test_the_index_refuses_what_slips_past_the_guard(sql_store):
    """Even a program that writes to the table directly cannot open a second step for a subject."""
    with sql_store.engine.begin() as connection:
        connection.execute(RAW, {"id": "one"})
    with pytest.raises(Conflict) as refused, sql_store.transaction() as unit:
        unit.connection.execute(RAW, {"id": "two"})
    assert "main:i1" not in str(refused.value)


def test_unresolved_steps_are_found_without_reading_the_history(tmp_path):
    """SQLite answers from the partial index: a district's years of steps are not read each morning."""
    store = open_sqlite(tmp_path / "s.sqlite", create=True)
    statements = Statements.of(SqlitePeer(tmp_path / "s.sqlite"))
    for asked, values in ((statements.unresolved, ()), (statements.unresolved_of_area, ("hotspots",))):
        with store.reading() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked.sql}", values).all()
        assert "USING INDEX steps_unresolved" in plan[0][3]
    store.close()


def test_a_writer_that_does_not_let_go_is_reported_not_awaited_for_ever(tmp_path):
    """When another process writes all the time, the answer is Unavailable, and nothing was changed."""
    path = tmp_path / "s.sqlite"
    first = open_sqlite(path, create=True)
    second = SqlStore(SqlitePeer(path, patience=0))
    with first.transaction(), pytest.raises(Unavailable, match="another process"), second.transaction():
        pass
    write_one(second)
    first.close()
    second.close()


def test_commits_are_synchronous(tmp_path):
    """Durability is set on every connection: WAL, synchronous FULL (2), foreign keys on."""
    store = open_sqlite(tmp_path / "s.sqlite", create=True)
    with store.transaction() as unit:
        asked = [
            unit.connection.execute(sa.text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    store.close()
    assert asked == ["wal", 2, 1]


@given(st.lists(st.datetimes(timezones=st.sampled_from(ZONES)), min_size=2, max_size=6))
def test_instants_as_text_keep_their_order(moments):
    """Instants sort as text as they do in time, whatever zone they were written in."""
    moments = [moment for moment in moments if 2 <= moment.year <= 9998]
    assert [instant_text(m) for m in sorted(moments)] == sorted(instant_text(m) for m in moments)
