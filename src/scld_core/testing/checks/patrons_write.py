"""Flags and blocks: set and cleared once, on the right patron, each apart from the other, and really stored."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from scld_core.errors import AdapterBug, BackendError, Conflict, NotFound, OutcomeUnknown, Rejected, Retry
from scld_core.kernel.ids import PatronId
from scld_core.patrons.person import Patron
from scld_core.runs.model import Answer, AnswerKind
from scld_core.testing.case import Check, Excused, check, fail, refused, require
from scld_core.testing.harness import PatronsBench
from scld_core.testing.patrons_tools import BLOCK, FLAG, WRITES, Desk, begin, facts, order, told, wished
from scld_core.testing.synthetic_accounts import MERGED, REFERRAL, patron, people
from scld_core.testing.synthetic_people import residents, roll

__all__ = ["CHECKS", "keeps_keys"]

_OPPOSITE = {"set_flag": "clear_flag", "clear_flag": "set_flag", "set_block": "clear_block", "clear_block": "set_block"}


def _done(answer: Answer) -> None:
    if answer.kind is AnswerKind.FOR_OPERATOR:
        raise Excused("a person carries it out; the system changes nothing by itself")


def _send(case: Desk, bench: PatronsBench, operation: str, subject: PatronId, key: str = "") -> None:
    _done(order(bench, operation, subject, key or case.key()))


def _now(bench: PatronsBench, number: int) -> Patron:
    return bench.patrons.get(patron(number))


def unchanged(bench: PatronsBench, *, but: int | None = None) -> None:
    """Find the backend at fault when a patron of the seed is not as before."""
    for number, before in enumerate(residents()):
        if number != but:
            require(told(bench, _now(bench, number)) == told(bench, before), "a patron nobody wrote to was changed")


def does_it(case: Desk) -> None:
    """What is answered as done is stored, on that patron and on no other; nothing else of the patron changes."""
    verb = case.operation
    bench, number = case.open(roll()), begin(verb)
    _send(case, bench, verb, patron(number))
    seen, before = _now(bench, number), residents()[number]
    require(wished(verb, seen), f"{verb} is answered as done, and the patron is not so")
    if verb == "set_flag":
        require(seen.flag == FLAG, "the flag is stored with another agency, instant or referral")
    if verb == "set_block":
        require(seen.blocked_for(BLOCK.reason) == BLOCK, "the block is stored with another instant or author")
    spared = evolve(
        seen,
        flag=before.flag if verb.endswith("flag") else seen.flag,
        blocks=seen.blocks if verb.endswith("flag") else before.blocks,
    )
    require(told(bench, spared) == told(bench, before), f"{verb} changed something else of the patron")
    unchanged(bench, but=number)


def one_block_of_several(case: Desk) -> None:
    """Setting or clearing one block leaves the patron's other blocks as they are."""
    verb = case.operation
    bench, number = case.open(roll()), begin(verb)
    number = 0 if verb == "set_block" else number
    _send(case, bench, verb, patron(number))
    left = {block for block in _now(bench, number).blocks if block.reason != BLOCK.reason}
    before = {block for block in people()[number].blocks if block.reason != BLOCK.reason}
    require(left == before, f"{verb} changed a block that is there for another reason")


def twice(case: Desk) -> None:
    """A patron who is as wished already is left so, from when and by whom it was; the answer is DONE."""
    verb = case.operation
    bench, number = case.open(roll()), 2 if case.operation.startswith("set") else 1
    before = facts(_now(bench, number))
    answer = order(bench, verb, patron(number), case.key())
    _done(answer)
    require(answer.kind is AnswerKind.DONE, f"{verb} of what is so already is answered {answer.kind.value}")
    require(facts(_now(bench, number)) == before, f"{verb} of what is so already changed it")


def same_key(case: Desk) -> None:
    """One key sent twice has one effect and one meaning."""
    verb = case.operation
    bench, number, key = case.open(roll()), begin(verb), case.key()
    answers = [order(bench, verb, patron(number), key) for _ in range(2)]
    _done(answers[0])
    require(answers[1].kind in (answers[0].kind, AnswerKind.DONE), "one key was answered in two ways")
    require(wished(verb, _now(bench, number)), "a repeated key undid what it had done")


def keeps_keys(case: Desk) -> None:
    """Excuse the check where the system keeps no keys."""
    if not case.harness.remembers_keys:
        raise Excused("the system keeps no keys")


def late_key(case: Desk) -> None:
    """A key that comes back late, after the opposite was done, does nothing more."""
    keeps_keys(case)
    verb = case.operation
    case.needs(_OPPOSITE[verb])
    bench, number, key = case.open(roll()), begin(verb), case.key()
    _send(case, bench, verb, patron(number), key)
    _send(case, bench, _OPPOSITE[verb], patron(number))
    case.clock.tick(days=30)
    _send(case, bench, verb, patron(number), key)
    require(wished(_OPPOSITE[verb], _now(bench, number)), "a key that was used before was carried out again")


def other_body(case: Desk) -> None:
    """A key that was used for something else raises Conflict, and nothing is changed."""
    keeps_keys(case)
    verb = case.operation
    bench, number, key = case.open(roll()), begin(verb), case.key()
    _send(case, bench, verb, patron(number), key)
    port = bench.patrons
    others = {
        "set_flag": lambda: port.set_flag(patron(number), evolve(FLAG, referral="other"), key=key),
        "clear_flag": lambda: port.clear_flag(patron(number), "other", key=key),
        "set_block": lambda: port.set_block(patron(number), evolve(BLOCK, reason="other"), key=key),
        "clear_block": lambda: port.clear_block(patron(number), "address", key=key),
    }
    before = facts(_now(bench, number))
    refused(others[verb], "a key that was used with other arguments", Conflict)
    refused(lambda: order(bench, verb, patron(3), key), "a key that was used for another patron", Conflict)
    opposite = _OPPOSITE[verb]
    if case.declares(opposite):
        refused(lambda: order(bench, opposite, patron(number), key), "a key that was used for the opposite", Conflict)
    require(facts(_now(bench, number)) == before, "a key that was refused changed the patron")
    unchanged(bench, but=number)


def other_referral(case: Desk) -> None:
    """One referral's flag is neither replaced nor cleared for another referral."""
    bench = case.open(roll())
    other = evolve(FLAG, referral="referral-8", agency="kit-other")
    _done(order(bench, case.operation, patron(4), case.key()))  # excused where a person does it
    if case.operation == "set_flag":
        refused(
            lambda: bench.patrons.set_flag(patron(2), other, key=case.key()),
            "flagging for a second referral",
            Rejected,
        )
    else:
        _done(bench.patrons.clear_flag(patron(2), other.referral, key=case.key()))
    seen = _now(bench, 2).flag
    require(seen is not None and seen.referral == REFERRAL, "the flag of another referral is gone")


def nobody(case: Desk) -> None:
    """A write to an unknown patron raises NotFound, one to a merged record Rejected; nobody is changed."""
    verb = case.operation
    bench = case.open(roll())
    kinds: dict[PatronId, tuple[type[Exception], ...]] = {
        patron(999): (NotFound,),
        patron(2, "another"): (BackendError,),
        patron(MERGED[0]): (Rejected, NotFound),
    }
    for subject, wanted in kinds.items():
        refused(lambda subject=subject: order(bench, verb, subject, case.key()), f"{verb} of nobody", *wanted)  # type: ignore[misc]
    unchanged(bench)


def lost_answer(case: Desk) -> None:
    """An effect whose answer is lost is told as OutcomeUnknown with its key; the key again leaves it as wished."""
    verb = case.operation
    bench, number, key = case.open(roll()), begin(verb), case.key()
    case.lever(bench.lose, "lose")()
    try:
        _send(case, bench, verb, patron(number), key)
    except AdapterBug as bug:
        fail(f"a lost answer: {bug}")
    except BackendError as fault:
        kind = type(fault).__name__
        require(fault.retry is Retry.SAME_KEY, f"the answer was lost after the effect, and {kind} says that it was not")
        require(not isinstance(fault, OutcomeUnknown) or fault.key == key, "OutcomeUnknown does not carry its key")
    _send(case, bench, verb, patron(number), key)
    require(wished(verb, _now(bench, number)), "after a repetition the patron is not as wished")


_BLOCKS = ("set_block", "clear_block")
_FLAGS = ("set_flag", "clear_flag")
_GET = ("get",)

CHECKS: tuple[Check[Any], ...] = (
    check("patrons", *WRITES, also=_GET, writes=True)(does_it),
    check("patrons", *_BLOCKS, also=_GET, writes=True)(one_block_of_several),
    check("patrons", *WRITES, also=_GET, writes=True)(twice),
    check("patrons", *WRITES, also=_GET, writes=True)(same_key),
    check("patrons", *WRITES, also=_GET, writes=True)(late_key),
    check("patrons", *WRITES, also=_GET, writes=True)(other_body),
    check("patrons", *_FLAGS, also=_GET, writes=True)(other_referral),
    check("patrons", *WRITES, also=_GET, writes=True)(nobody),
    check("patrons", *WRITES, also=_GET, writes=True)(lost_answer),
)
"""In the order of the report."""
