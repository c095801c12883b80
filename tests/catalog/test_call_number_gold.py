"""The gold set: pairs of call numbers in shelf order, each with its reason."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from scld_core.catalog import ENGLISH_ARTICLES, STANDARD, CallNumber, Shelving, sort_key

PAIRS = list(csv.DictReader(Path(__file__).with_name("gold_call_numbers.csv").read_text(encoding="utf-8").splitlines()))
JUVENILE_FIRST = ("E", "J", "", *(name for name in STANDARD.prefixes if name not in ("E", "J", "")))
SHELVINGS = {
    "": STANDARD,
    "mac": Shelving(mac=True),
    "articles": Shelving(articles=ENGLISH_ARTICLES),
    "lc": Shelving(lc=True),
    "juvenile-first": Shelving(prefixes=JUVENILE_FIRST),
}


@pytest.mark.parametrize("category", sorted({pair["category"] for pair in PAIRS}))
def test_every_pair_stands_in_its_order(category):
    """The key of the first is below that of the second, and so are the values."""
    for pair in PAIRS:
        if pair["category"] == category:
            order = SHELVINGS[pair["shelving"]]
            before, after = pair["before"], pair["after"]
            assert sort_key(before, order) < sort_key(after, order), pair
            assert CallNumber.parse(before, order) < CallNumber.parse(after, order), pair


def test_the_set_is_large_and_every_pair_has_a_reason():
    """At least 300 pairs, 20 of them traps, none twice."""
    assert len(PAIRS) >= 300
    assert len({(pair["before"], pair["after"], pair["shelving"]) for pair in PAIRS}) == len(PAIRS)
    assert all(pair["reason"] for pair in PAIRS)
    assert Counter(pair["category"] for pair in PAIRS)["trap"] >= 20


def test_a_plain_string_fails_the_set():
    """The pairs are worth having: sorting by the text alone puts many of them wrong."""
    assert sum(pair["before"] > pair["after"] for pair in PAIRS) > 60
