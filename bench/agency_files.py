"""Synthetic files of one comparison, of any size, the same every time; no number in them belongs to anybody."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

from scld_core.agency.files import COLUMNS

__all__ = ["DAY", "FEE", "HEADER", "write"]

FEE = 1000
"""The referral fee of the comparison, in cents."""

DAY = 1_780_300_000
"""The time of both files: 1 June 2026."""

HEADER = (
    "account",
    "patron_id",
    "cardnumber",
    "name",
    "status",
    "listed_on",
    "balance",
    "last_activity",
    "close_reason",
)
_AT = "2026-06-01T06:00:00-07:00"
_SEED = 20260601
_KINDS = {  # of thousand patrons in collection; the others agree
    "higher": 5,
    "lower": 5,
    "settled": 4,
    "paid there": 2,
    "unknown there": 3,
    "unknown here": 3,
    "older card": 3,
    "no flag": 1,
    "exempt": 1,
    "no fee": 1,
    "two fees": 1,
    "shared card": 1,
    "unreadable": 1,
}

Row = tuple[str, ...]


def write(folder: Path, patrons: int, accounts: int) -> tuple[Path, Path]:
    """A snapshot of so many patrons and a list of about so many accounts, of which three in a hundred differ."""
    ils, agency = folder / f"ils-{patrons}.csv", folder / f"agency-{accounts}.csv"
    rng = Random(_SEED)
    with ils.open("w", encoding="utf-8", newline="") as one, agency.open("w", encoding="utf-8", newline="") as other:
        here, there = csv.writer(one), csv.writer(other)
        here.writerow(COLUMNS)
        there.writerow(HEADER)
        every = patrons // accounts
        order = list(range(patrons))
        rng.shuffle(order)
        for number in order:  # not the order of the list, so that no side profits from the other's
            rank, rest = divmod(number, every)
            here.writerow(_others(number) if rest else _patron(number, rank))
        for rank, number in enumerate(range(0, patrons, every)):
            there.writerows(_account(number, rank))
    for path in (ils, agency):
        os.utime(path, (DAY, DAY))
    return ils, agency


def _sort(rank: int) -> str:
    """What is the matter with a patron in collection."""
    at = rank * 7919 % 1000
    for kind, share in _KINDS.items():
        if at < share:
            return kind
        at -= share
    return "same"


def _numbers(number: int) -> tuple[str, str, str]:
    """Record number, present card, and the card before."""
    return f"{3_000_000 + number}", f"29999{number:09d}", f"28888{number:09d}"


def _owed(number: int) -> int:
    return 2500 + number * 37 % 20_000


def _cards(number: int, *, both: bool = False) -> str:
    """One patron in ten has had another card."""
    _, card, before = _numbers(number)
    return f"{card};{before}" if both or number % 10 == 0 else card


def _others(number: int) -> Row:
    """A patron who is not in collection."""
    return _numbers(number)[0], _cards(number), _money(number % 4 * 125), "no", "0.00", "no", _AT


def _patron(number: int, rank: int) -> Row:
    sort, owed = _sort(rank), _owed(number)
    cards = _cards(number, both=sort == "older card")
    if sort == "shared card":
        cards += f";shared{rank // 2000}"
    balance = _money({"settled": 0, "higher": owed + 500, "lower": owed - 500}.get(sort, owed))
    fee = {"no fee": 0, "two fees": 2 * FEE}.get(sort, FEE)
    words = "no" if sort == "no flag" else "yes", _money(fee), "yes" if sort == "exempt" else "no"
    return _numbers(number)[0], cards, "?" if sort == "unreadable" else balance, *words, _AT


def _account(number: int, rank: int) -> Iterator[Row]:
    patron, card, before = _numbers(number)
    sort = _sort(rank)
    if sort == "unknown there":
        return
    if sort == "unknown here":
        patron, card = f"gone{patron}", f"27777{number:09d}"
    elif sort == "older card":
        patron, card = "", before
    elif sort == "shared card":
        patron, card = "", f"shared{rank // 2000}"
    status = "paid" if sort == "paid there" else "open"
    dates = f"2026-0{1 + number % 4}-{1 + number % 28:02d}", f"2026-05-{1 + number % 28:02d}"
    row = (f"A{number:08d}", patron, card, f"SYNTHETIC, Patron {number}", status, dates[0])
    yield (*row, _money(_owed(number)), dates[1], "")


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
