"""`callnumbers`: a million call numbers, against one regex that fills a flat string by hand.

The baseline is what one writes in an afternoon for the shapes that are in this very list, and knows nothing else:
no accents, no other spellings, no seasons, no slash, no second word, no Library of Congress. Ours reads all of
that; it has a short cut for the common shapes, and reads the others token by token, keeping what a token became.
What was kept is dropped before each round. Both sort with `list.sort` over keys made beforehand.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from string import ascii_uppercase

from bench.ratio import Result, duel, result
from scld_core.catalog import CallNumber, sort_key
from scld_core.catalog.call_number_labels import MAY_LABEL
from scld_core.catalog.call_number_machine import forget

__all__ = ["run"]

SIZE = 1_000_000
ROUNDS = 5
KEY_LIMIT = 1.25
PARSE_LIMIT = 3.0
SEED = 20260310
CLASSES = 25_000
"""Different Dewey classes; with a cutter or a mark of 20,000 names each, most numbers differ."""

PREFIXES = ("", "FIC ", "LP ", "YA ", "J ", "J FIC ", "E ", "REF ", "DVD ")
"""In shelf order, as the standard order has them."""

READ_OTHERWISE = {"BIO", "DVD", "FIC", "JUV", "MYS", "REF", *map(str.upper, MAY_LABEL)}
"""What ours takes for a collection or a volume; the regex knows no such thing."""

_RANKS = {prefix: f"{rank:02}" for rank, prefix in enumerate(PREFIXES)}
_SHAPE = re.compile(
    r"((?:(?:FIC|LP|YA|J|E|REF|DVD) )*)(?:(\d{1,3})(?:\.(\d+))? ?)?(?:\.?([A-Z]+)(\d*)([A-Z]?) ?)?"
    r"(?:V\. ?(\d+) ?)?(\d{4})?"
)


def plain(text: str) -> str:
    """The flat key by one regex: rank, class, decimals, letters, cutter, work mark, volume, year."""
    prefix, cls, decimals, letters, cutter, mark, volume, year = _SHAPE.match(text.upper()).groups("")
    return f"{_RANKS[prefix]}{cls or '~~~':0>3}{decimals} {letters} {cutter} {mark} {volume:0>4} {year}"


def numbers(size: int) -> list[str]:
    """A synthetic district: seven in ten have a class, the rest stand by author; some volumes, some years."""
    rng = Random(SEED)
    names = ["".join(rng.choices(ascii_uppercase, k=rng.randint(3, 9))) for _ in range(20_000)]
    names = [name for name in names if not {name, name[:3]} & READ_OTHERWISE]
    classes = [dewey(rng) for _ in range(CLASSES)]
    return [number(rng, names, classes) for _ in range(size)]


def dewey(rng: Random) -> str:
    """One class, with up to five decimals."""
    decimals = "".join(rng.choices("0123456789", k=rng.choice((0, 1, 1, 2, 2, 3, 4, 5))))
    return f"{rng.randrange(1000):03}" + ("." + decimals if decimals else "")


def number(rng: Random, names: list[str], classes: list[str]) -> str:
    """One call number, in capitals or not."""
    name = rng.choice(names)
    if rng.random() < 0.3:
        text = rng.choice(("FIC ", "J FIC ", "E ", "YA ", "LP ")) + (name if rng.random() < 0.7 else name[:3])
    else:
        cls = rng.choice(classes)
        cut = (
            name[:3]
            if rng.random() < 0.6
            else f"{name[0]}{10 + zlib.crc32(name.encode()) % 990}{rng.choice(('', 'a', 'b', 't'))}"
        )
        text = f"{rng.choice(('', '', '', 'J ', 'REF ', 'LP ', 'DVD '))}{cls} {cut}"
    if rng.random() < 0.1:
        text += f" v.{rng.randint(1, 40)}"
    if rng.random() < 0.2:
        text += f" {rng.randint(1950, 2026)}"
    return text


def make_and_sort(key: Callable[[str], str], texts: list[str]) -> list[str]:
    """What both sides do: a key for each text, and the keys in order."""
    keys = [key(text) for text in texts]
    keys.sort()
    return keys


def parse(texts: list[str]) -> list[CallNumber]:
    """Every number as a value; its parts are read when somebody asks for them, and nobody does here."""
    return [CallNumber.parse(text) for text in texts]


def run() -> Iterator[Result]:
    """The same million for all three; both keys put it into one order."""
    texts = numbers(SIZE)
    distinct = len(set(texts))
    same = sorted(texts, key=lambda text: (sort_key(text), text)) == sorted(texts, key=lambda t: (plain(t), t))
    name = f"of {SIZE:,} call numbers, {distinct:,} of them different, nothing kept beforehand"
    what = "a flat key by one regex, made and sorted"
    base = partial(make_and_sort, plain, texts)
    ours = partial(make_and_sort, sort_key, texts)
    idle: Callable[[], object] = lambda: None  # noqa: E731
    pairs = duel(ours, base, rounds=ROUNDS, warm=1, prepare=(forget, idle))
    yield result(f"sort_key and sort {name}", what, pairs, limit=KEY_LIMIT, at_most=True, same=same)
    pairs = duel(partial(parse, texts), base, rounds=ROUNDS, warm=1, prepare=(forget, idle))
    yield result(f"CallNumber.parse {name}", what, pairs, limit=PARSE_LIMIT, at_most=True, same=same)
