"""`codec`: stored values read back, against careful code that is written by hand for these very classes.

The corpus is what a store holds most of: steps with reasons and evidence, and items with their loans.
The baseline reads JSON to dicts and builds the same frozen classes field by field; their validators
run on every side. It looks for no unknown key, no wrong type and no missing field.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.place import step
from bench.ratio import Result, duel, result
from scld_core import codecs
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.codecs.api import carefully
from scld_core.kernel.decision import Reason
from scld_core.kernel.ids import ItemId, LoanId, PatronId
from scld_core.kernel.time import parse_instant
from scld_core.runs.model import Approval, Evidence, Risk, Step, StepRecord, StepState

__all__ = ["run"]

ROWS = 2000
FAST = 0.75
CONVERTER = 2.5
NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


def maybe(make: Callable[[Any], Any], value: Any) -> Any:
    """None stays None."""
    return None if value is None else make(value)


def step_by_hand(text: str) -> StepRecord:
    """A record of the outbox."""
    body = json.loads(text)["body"]
    raw, approval = body["step"], body["approval"]
    one = Step(
        action=raw["action"],
        subject=raw["subject"],
        cause=raw["cause"],
        area=raw["area"],
        business_day=date.fromisoformat(raw["business_day"]),
        payload=raw["payload"],
        label=raw["label"],
        reasons=tuple(
            [
                Reason(r["code"], tuple([(name, word) for name, word in r["params"]]), r["section"], r["version"])
                for r in raw["reasons"]
            ]
        ),
        evidence=tuple([Evidence(e["source"], e["fact"], parse_instant(e["as_of"])) for e in raw["evidence"]]),
        risk=Risk(raw["risk"]),
        needs_approval=raw["needs_approval"],
        undoes=raw["undoes"],
        version=raw["version"],
    )
    given = maybe(lambda a: Approval(a["actor"], parse_instant(a["at"]), a["reason"], a["digest"]), approval)
    return StepRecord(
        one,
        body["run"],
        StepState(body["state"]),
        parse_instant(body["updated_at"]),
        body["actor"],
        tuple([parse_instant(at) for at in body["attempts"]]),
        body["reference"],
        body["detail"],
        given,
        body["ended"],
    )


def loan_by_hand(raw: dict[str, Any]) -> Loan:
    """A loan inside an item's circulation."""
    return Loan(
        LoanId.parse(raw["id"]),
        ItemId.parse(raw["item"]),
        parse_instant(raw["due_at"]),
        maybe(parse_instant, raw["out_at"]),
        maybe(parse_instant, raw["returned_at"]),
        maybe(PatronId.parse, raw["patron"]),
    )


def item_by_hand(text: str) -> Circulation:
    """An item's circulation."""
    body = json.loads(text)["body"]
    return Circulation(
        ItemId.parse(body["item"]),
        ItemState(body["state"]),
        parse_instant(body["as_of"]),
        maybe(loan_by_hand, body["loan"]),
        maybe(parse_instant, body["since"]),
        body["word"],
    )


def steps() -> list[StepRecord]:
    """Applied steps of synthetic lines."""
    return [StepRecord(step(n), "run-1", StepState.APPLIED, NOW, "jdoe", (NOW,), f"r{n}") for n in range(ROWS)]


def items() -> list[Circulation]:
    """Synthetic items on loan."""
    loans = (
        Loan(LoanId("main", f"l{n}"), ItemId("main", f"i{n}"), NOW, NOW - timedelta(days=21), None, patron(n))
        for n in range(ROWS)
    )
    return [Circulation(loan.item, ItemState.ON_LOAN, NOW, loan) for loan in loans]


def patron(number: int) -> PatronId:
    """Nobody."""
    return PatronId("main", f"p{number}")


KINDS: tuple[tuple[Any, list[Any], Callable[[str], Any]], ...] = (
    (StepRecord, steps(), step_by_hand),
    (Circulation, items(), item_by_hand),
)


def run() -> Iterator[Result]:
    """Each kind by the quick way and by the converter."""
    ways = (("the extra 'fast'", codecs.load, FAST), ("the converter alone", carefully, CONVERTER))
    for kind, values, by_hand in KINDS:
        texts = [codecs.dump(value) for value in values]
        for way, load, limit in ways:

            def ours(load: Any = load, kind: Any = kind, texts: list[str] = texts) -> list[Any]:
                return [load(kind, text) for text in texts]

            def theirs(by_hand: Any = by_hand, texts: list[str] = texts) -> list[Any]:
                return [by_hand(text) for text in texts]

            yield result(
                f"codec {ROWS} x {kind.__name__} with {way}",
                "JSON to dicts and construction by hand, validators on",
                duel(ours, theirs),
                limit=limit,
                at_most=True,
                same=ours() == theirs() == values,
            )
