"""What the law does not let a district decide. Each refusal cites its source."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from scld_core.codecs import Problem
from scld_core.policies.effective import Dated
from scld_core.policies.tables import Values

__all__ = ["COLLECTION_COST", "NOTICE_DAYS", "at_top", "offences"]

NOTICE_DAYS = 30
"""RCW 19.16.500(2): days between the notice to a debtor and the assignment to a collection agency."""

COLLECTION_COST = "collection_cost"
"""RCW 19.16.500(1)(b): the legal class of the fee that a referral may add to a debt, and of no other."""

_RENTAL = "AGO 2005 no. 5 and AGO 1992 no. 31: a library under RCW 27.12 may not charge residents for service or access"
_NOTICE = (
    "RCW 19.16.500(2): a debt may be assigned only when the debtor was told so and at least 30 days have passed since"
)
_COST = "RCW 19.16.500(1)(b): what a referral may add to a debt is a reasonable fee for the agency's cost"
_MONEY = frozenset({"amount", "cents", "charge", "charges", "cost", "fee", "fees", "price"})


def at_top(layers: Sequence[Values], key: str, on: date) -> Dated[Any] | None:
    """The version of `key` in force on the date in the first of `layers` that has one."""
    for layer in layers:
        if key in layer and (found := layer[key].at(on)) is not None:
            return found
    return None


def offences(*layers: Values) -> tuple[Problem, ...]:
    """Every value that the law forbids on any day, the first layer overriding the later ones; one per key."""
    dates = {version.valid_from or date.min for layer in layers for e in layer.values() for version in e.versions}
    ends = {version.valid_to for layer in layers for e in layer.values() for version in e.versions if version.valid_to}
    keys = {key for layer in layers for key in layer}
    found: dict[str, Problem] = {}
    for on in sorted(dates | ends):
        in_force = {key: v.value for key in sorted(keys) if (v := at_top(layers, key, on)) is not None}
        for problem in (
            *_rental_fees(in_force),
            *_charges(in_force),
            *_notices(in_force),
            *_collection_costs(in_force),
        ):
            found.setdefault(str(problem.path[-1]), problem)
    return tuple(found.values())


def _problem(key: str, text: str, remedy: str) -> Problem:
    return Problem(("policy", key), text, remedy)


@functools.lru_cache(maxsize=4096)
def _words(key: str) -> frozenset[str]:
    return frozenset(re.split(r"[._-]", key.lower().replace("non_resident", "nonresident")))


def _for_others(words: frozenset[str]) -> bool:
    return bool(words & {"nonresident", "nonresidents"})


def _rental_fees(values: dict[str, Any]) -> Iterator[Problem]:
    """Keys that say what they are, such as ``hotspots.rental_fee_cents``."""
    for key, value in values.items():
        words = _words(key)
        if "rental" in words and words & _MONEY and not _for_others(words) and value not in (0, "", "0", "0.00"):
            yield _problem(key, f"is a rental fee for residents. {_RENTAL}", "Remove it or limit it to non-residents")


def _charges(values: dict[str, Any]) -> Iterator[Problem]:
    """Charges of the legal class rental, unless residents are exempt or nothing is charged."""
    for key, value in values.items():
        charge, _, last = key.rpartition(".")
        free = values.get(f"{charge}.residents") is False or values.get(f"{charge}.amount_cents") == 0
        if last == "legal_class" and value == "rental" and not free:
            yield _problem(key, f"makes a rental fee for residents. {_RENTAL}", f"Set {charge}.residents = false")


def _notices(values: dict[str, Any]) -> Iterator[Problem]:
    """Notice before a debt goes to a collection agency."""
    for key, value in values.items():
        if not {"referral", "notice"} <= _words(key):
            continue
        if key.endswith("required") and value is not True:
            yield _problem(key, f"lets a debt be referred without notice. {_NOTICE}", "Set it to true")
        elif key.endswith("days") and not (type(value) is int and value >= NOTICE_DAYS):
            yield _problem(
                key, f"is not at least {NOTICE_DAYS} whole days. {_NOTICE}", f"Set it to {NOTICE_DAYS} or more"
            )


def _collection_costs(values: dict[str, Any]) -> Iterator[Problem]:
    """The fee that a referral adds to a debt: no fine, no rental, nothing else."""
    for key, value in values.items():
        if {"referral", "fee"} <= _words(key) and key.endswith("legal_class") and value != COLLECTION_COST:
            yield _problem(key, f"gives the referral fee another legal class. {_COST}", f"Set it to {COLLECTION_COST}")
