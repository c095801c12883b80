"""Two processes work on one district at once; hand-shakes go through sockets."""

from collections import Counter
from datetime import timedelta

import psycopg
import pytest

from scld_core.hotspots.history import SUSPEND, TERMINATE
from support.districts import BERT, PORTAL, SIMULATED, WISHED, effects, export, number_of, subject
from support.hotspots import NOW

NO_KEYS = f"{SIMULATED}honour_keys = false\n"
SUSPENSION, END = f"{SUSPEND} {subject(0)}", f"{TERMINATE} {subject(4)}"
FREED = "SELECT pg_advisory_xact_lock(23582, hashtext(current_schema()))"
TAKEN = {"applied", "unknown"}  # what a loser is told: the step is done, or another one is at it


def once_each(place):
    """Whether the carrier's ledger has each wished change once."""
    counts = Counter((verb, number) for verb, number in ledger(place))
    return counts == Counter((action.partition(".")[2], number) for action, number in WISHED)


def ledger(place):
    """What the carrier did: verb and device."""
    return [(verb, number_of(iccid)) for _, verb, iccid in effects(place.folder)]


def lock_is_free(place):
    """Return when the server has noticed that the holder is gone; at once on SQLite, where the kernel frees it.

    Our own lock is the transaction's: a session's would be freed only some time after this connection is closed.
    """
    if place.address:
        with psycopg.connect(place.address, options="-c statement_timeout=10s") as connection:
            connection.execute(FREED)


def test_of_two_runs_one_runs_and_the_other_changes_nothing(district, place):
    """The second says by name that another one works here; the store is as it was; later it finds nothing to do."""
    opened = district()
    one, two = opened(), opened(1)
    assert one.do("day", until="prepared") == {"at": "prepared"}
    before = two.do("everything")
    assert two.do("day") == {"error": "RunInProgress"}
    assert two.do("everything") == before
    one.go()
    assert one.answer()["results"].count("applied") == len(WISHED)
    after = two.do("day")
    assert (after["results"], after["residual"]) == ([], 0)
    assert once_each(place)


def test_a_killed_run_gives_the_district_free_and_is_finished_by_the_next(district, place):
    """Killed while it holds the district and a request is out: the next run reads back, and doubles nothing."""
    opened = district(carrier=NO_KEYS)
    one, two = opened(), opened(1)
    assert one.do("day", until="sent") == {"at": "sent"}
    assert two.do("day") == {"error": "RunInProgress"}
    one.kill()
    lock_is_free(place)
    after = two.do("day")
    assert after["results"].count("applied") == len(WISHED) - 1
    assert (after["plan"], after["residual"]) == ([], 0)
    assert once_each(place)


def test_two_processes_execute_one_step_and_one_of_them_sends_it(district, place):
    """Both have rechecked it and hold no district: the outbox lets one through, at a carrier without keys."""
    opened = district(carrier=NO_KEYS, approved=False)
    one, two = opened(), opened()
    for worker in (one, two):
        step = worker.do("plan")[SUSPENSION]
        assert worker.do("execute", step, until="rechecked") == {"at": "rechecked"}
    for worker in (one, two):
        worker.go()
    answers = {one.answer(), two.answer()}
    assert "applied" in answers <= TAKEN
    assert ledger(place) == [("suspend", 0)]
    facts = opened(1).do("day")
    assert [kind for kind, of in facts["journal"] if of == step] == ["step.prepare", "step.applied"]


def test_a_step_that_is_being_sent_is_left_to_who_sends_it(district, place):
    """One is between outbox and carrier; the other is told so, and sends nothing."""
    opened = district(carrier=NO_KEYS, approved=False)
    one, two = opened(), opened()
    step = {worker.do("plan")[SUSPENSION] for worker in (one, two)}.pop()
    assert one.do("execute", step, until="prepared") == {"at": "prepared"}
    assert two.do("execute", step) == "unknown"
    assert ledger(place) == []
    one.go()
    assert one.answer() == "applied"
    assert ledger(place) == [("suspend", 0)]


def test_control_looking_and_preparing_apart_sends_twice(district, place):
    """Control: without the look into the outbox at the moment of writing, both send and the effect doubles."""
    opened = district(carrier=NO_KEYS, approved=False)
    one, two = opened(), opened()
    for worker in (one, two):
        step = worker.do("plan")[SUSPENSION]
        assert worker.do("execute", step, True, until="rechecked") == {"at": "rechecked"}
    for worker in (one, two):
        worker.go()
    assert [one.answer(), two.answer()] == ["applied", "applied"]
    assert ledger(place) == [("suspend", 0)] * 2


def test_approved_and_executed_at_once_a_line_ends_once(district, place):
    """Whoever comes first, the approval is kept, and the next run ends the line, once."""
    opened = district(approved=False)
    one, two = opened(), opened(1, BERT)
    step = one.do("plan")[END]
    assert one.do("execute", step) == "needs_approval"
    one.send("execute", step)
    two.send("approve", step)
    assert two.answer() == 1
    assert one.answer() in ("needs_approval", "applied")
    facts = opened(2).do("day")
    assert facts["residual"] == 0
    assert ledger(place).count(("terminate", 4)) == 1
    kinds = Counter(kind for kind, of in facts["journal"] if of == step)
    assert (kinds["step.approved"], kinds["step.prepare"], kinds["step.applied"]) == (1, 1, 1)


@pytest.mark.parametrize(("stage", "answer"), [("rechecked", 1), ("prepared", {"error": "BadInput"})])
def test_an_approval_in_the_middle_of_the_step_it_approves_changes_nothing(district, place, stage, answer):
    """Before the outbox it may be given again; behind it there is nothing left to approve. The line ends once."""
    opened = district()
    one, two = opened(), opened(0, BERT)
    step = one.do("plan")[END]
    assert one.do("execute", step, until=stage) == {"at": stage}
    assert two.do("approve", step) == answer
    one.go()
    assert one.answer() == "applied"
    assert ledger(place) == [("terminate", 4)]


@pytest.mark.parametrize("held", [True, False])
def test_a_worklist_confirmed_twice_at_once_gives_each_row_one_receipt(district, place, held):
    """Holding the district one of them may be turned away; even without, each row has one line in the journal."""
    export(place.folder, NOW - timedelta(hours=3))
    opened = district(carrier=PORTAL)
    asking = opened()
    asking.do("day")
    one, two = opened(1), opened(1, BERT)
    for worker in (one, two):
        assert worker.do("confirm", held, until="rows") == {"at": "rows"}
    for worker in (one, two):
        worker.go()
    answers = [one.answer(), two.answer()]
    told = [rows for rows in answers if isinstance(rows, list)]
    assert told
    assert all(answer == told[0] or (held and answer == {"error": "RunInProgress"}) for answer in answers)
    assert [result for _, result in told[0]] == ["applied"] * len(WISHED)
    confirmed = [of for kind, of in asking.do("journal") if kind == "step.confirmed"]
    assert sorted(confirmed) == sorted(step for step, _ in told[0])
