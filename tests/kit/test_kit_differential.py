"""Two backends doing the same: agreement of the good, a first difference for the bad, and machines."""

import itertools

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.kernel.capability import Unsupported
from scld_core.testing.case import CheckFailed
from scld_core.testing.differential import DUELS, differ, play, script
from scld_core.testing.duel import Call
from scld_core.testing.machines import machine, run_machine
from scld_core.testing.planted import PLANTED
from scld_core.testing.planted.stores import Elephant
from scld_core.testing.references import FULL, MEMORY_LINES, MEMORY_LOANS, MEMORY_STORE, store_harness
from scld_core.testing.references_accounts import MEMORY_FEES, MEMORY_PATRONS
from scld_core.testing.references_agency import MEMORY_CHANNEL, MEMORY_NOTICES

REFERENCES = {
    "lines": MEMORY_LINES,
    "loans": MEMORY_LOANS,
    "channel": MEMORY_CHANNEL,
    "fees": MEMORY_FEES,
    "patrons": MEMORY_PATRONS,
    "notices": MEMORY_NOTICES,
    "store": MEMORY_STORE,
}
ELEPHANT = store_harness(lambda _: Elephant().bench())
BY_NAME = {planted.name: planted for planted in PLANTED}


@given(st.sampled_from(sorted(REFERENCES)), st.integers(0, 1000))
def test_a_reference_agrees_with_itself(port, seed):
    """Whatever the script, two references never part."""
    assert differ(REFERENCES[port], REFERENCES[port], seed=seed, length=25) is None


def test_a_script_is_the_same_for_the_same_seed():
    """Replay: the seed alone decides the calls."""
    with DUELS["lines"](MEMORY_LINES, MEMORY_LINES) as duel:
        assert script(duel, seed=3, length=30) == script(duel, seed=3, length=30)
        assert script(duel, seed=3, length=30) != script(duel, seed=4, length=30)


@pytest.mark.parametrize("port", sorted(REFERENCES))
def test_every_call_can_be_done(port):
    """No call of a duel is idle: each gives an answer or a refusal of the tree on the reference."""
    reference = ELEPHANT if port == "store" else REFERENCES[port]
    with DUELS[port](reference, reference) as duel:
        assert play(duel, duel.calls) is None


@pytest.mark.parametrize(
    "name",
    [
        "every third request lost",
        "repetition toggles",
        "terminated line revived",
        "ILS: due later today is overdue",
        "store: conflict not noticed",
    ],
)
def test_the_first_difference_is_told(name):
    """A script finds the bug and says at which call, what was expected and what was found."""
    planted = BY_NAME[name]
    seeds = (differ(REFERENCES[planted.port], planted.harness, seed=seed) for seed in itertools.count())
    found = next(found for found in itertools.islice(seeds, 20) if found is not None)
    assert str(found).startswith(f"step {found.place}, {found.call}: expected ")
    assert found.expected != found.found


def test_only_what_both_offer_is_tried():
    """A read-only carrier is compared by its reads, one that nobody can finish as well."""
    reading = evolve(
        MEMORY_LINES,
        capabilities={
            where: capability if "get" in where or "iter" in where else Unsupported("read-only")
            for where, capability in FULL.items()
        },
    )
    with DUELS["lines"](MEMORY_LINES, reading) as duel:
        assert {call.verb for call in duel.calls} == {"get", "iter_lines", "resume"}
    endless = evolve(MEMORY_LINES, make=lambda world: evolve(MEMORY_LINES.make(world), settle=None, show=None))
    with DUELS["lines"](MEMORY_LINES, endless) as duel:
        assert {call.verb for call in duel.calls} == {"get", "iter_lines", "request_state"}
    unmoved = evolve(MEMORY_LOANS, make=lambda world: evolve(MEMORY_LOANS.make(world), show=None))
    with DUELS["loans"](MEMORY_LOANS, unmoved) as duel:
        assert Call("lend", 0, 0) not in duel.calls


@pytest.mark.parametrize("name", ["repetition toggles", "ILS: time of return dropped", "store: settled step blocks"])
def test_a_machine_finds_a_planted_bug(name):
    """Hypothesis finds a life in which the faulty backend parts from the reference."""
    with pytest.raises(CheckFailed, match="expected"):
        run_machine(BY_NAME[name].harness, examples=400, shrink=False)


@pytest.mark.parametrize("port", sorted(REFERENCES))
def test_a_machine_is_made_for_each_life_cycle(port):
    """The classes carry the harness, and the references live on in peace."""
    reference = ELEPHANT if port == "store" else REFERENCES[port]
    assert all(kind.harness is reference for kind in machine(reference))
    run_machine(reference)
