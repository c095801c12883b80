"""`sip2`: the strict codec reading a day's frames, against a simple splitter and against pysip2's parser.

The splitter is what most scripts do: add the bytes up for the checksum, decode, cut the fields of fixed
width off, split at the bar, file the rest under its first two letters. It checks no field and no rule. A
second one does not even look at the checksum, and so would read damaged frames. pysip2's parser is the
typed one of that package. All read the same frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pysip2

from bench.ratio import Result, duel, result
from scld_adapters.sip2.messages import MESSAGES, Message
from scld_adapters.sip2.wire import Codec

__all__ = ["run"]

SPLITTER = 0.6
BLIND = 0.45
PYSIP2 = 2.5
FRAMES = 5_000
ROUNDS = 15
NOW = "20261122    183809"
WIDTHS = {code: tuple(part.width for part in spec.fixed) for code, spec in MESSAGES.items()}

Parsed = tuple[str, tuple[str, ...], dict[str, list[str]]]


def frames() -> list[bytes]:
    """Self-checks at work: status, patrons, check-outs, check-ins, items, holds; synthetic cards and titles."""
    codec, found = Codec(), []
    for number in range(FRAMES):
        card, item, owed = f"29999{number:09}", f"39999{number:09}", f"{number % 40}.50"
        patron = ("AA", card), ("AE", f"Fake Testpatron{number}"), ("BL", "Y"), ("CQ", "Y")
        messages = (
            Message("63", ("001", NOW, " " * 10), (("AO", "MAIN"), ("AA", card), ("AC", ""), ("AD", "1234"))),
            Message(
                "64",
                (" " * 14, "001", NOW, *["0002"] * 6),
                (
                    ("AO", "MAIN"),
                    *patron,
                    ("BV", owed),
                    ("CC", "10"),
                    *(("AU", f"39999{number:08}{n}") for n in range(number % 4)),
                    ("BD", f"{number} Nowhere St Faketown WA 00000"),
                    ("BE", f"fake{number}@example.invalid"),
                    ("BF", "555-0115"),
                    ("PB", "19900101"),
                    ("AF", "Greetings from the library."),
                ),
            ),
            Message(
                "11",
                ("N", "N", NOW, NOW),
                (("AO", "MAIN"), ("AA", card), ("AB", item), ("AC", ""), ("AD", "1234"), ("BO", "N"), ("BI", "N")),
            ),
            Message(
                "12",
                ("1", "N", "N", "Y", NOW),
                (("AO", "MAIN"), ("AA", card), ("AB", item), ("AJ", f"Synthetic title {number}"), ("AH", NOW)),
            ),
            Message("17", (NOW,), (("AO", "MAIN"), ("AB", item), ("AC", ""))),
            Message("24", (" " * 14, "001", NOW), (("AO", "MAIN"), *patron, ("BV", owed))),
        )
        found.append(codec.encode(messages[number % len(messages)], sequence=number % 10))
    return found


def checked_split(raw: bytes) -> Parsed:
    """The simple way."""
    if (sum(raw[:-4]) + int(raw[-4:], 16)) & 0xFFFF:
        raise ValueError("checksum")
    return split(raw)


def split(raw: bytes) -> Parsed:
    """The simple way, blind to damage."""
    text = raw.decode("cp850")
    code, at, fixed = text[:2], 2, []
    for width in WIDTHS[code]:
        fixed.append(text[at : at + width])
        at += width
    fields: dict[str, list[str]] = {}
    for part in text[at:].split("|"):
        fields.setdefault(part[:2], []).append(part[2:])
    fields.pop("AY", None)
    return code, tuple(fixed), fields


def as_parsed(message: Message) -> Parsed:
    """Ours in the splitter's form."""
    fields: dict[str, list[str]] = {}
    for tag, value in message.fields:
        fields.setdefault(tag, []).append(value)
    return message.code, message.fixed, fields


def agrees(message: Message, theirs: Any) -> bool:
    """Whether pysip2's record holds our values; it leaves vendors' fields out."""
    return all(
        (getattr(theirs, part.name) or ()) == message.values(part.tag)
        if part.repeatable
        else getattr(theirs, part.name) == message.value(part.tag)
        for part in message.spec.variable
    )


def over(read: Callable[[bytes], object], lines: list[bytes]) -> Callable[[], None]:
    """Read them all."""

    def call() -> None:
        for line in lines:
            read(line)

    return call


def run() -> Iterator[Result]:
    """Three measurements over the same frames; the ratios are of speeds."""
    lines = frames()
    ended = [line + b"\r" for line in lines]
    codec = Codec()
    read = [codec.decode(line).message for line in lines]
    size = sum(map(len, lines)) // len(lines)
    name = f"sip2 {len(lines):,} frames of {size} bytes, decoded strictly with their checksums"
    splitters = (
        ("the speed of a simple splitter that checks the sum", checked_split, SPLITTER),
        ("the speed of a simple splitter that checks nothing", split, BLIND),
    )
    for baseline, splitter, limit in splitters:
        yield result(
            name,
            baseline,
            duel(over(codec.decode, lines), over(splitter, lines), rounds=ROUNDS),
            limit=limit,
            at_most=False,
            same=[as_parsed(message) for message in read] == [splitter(line) for line in lines],
        )
    yield result(
        name,
        "the speed of pysip2's parser",
        duel(over(codec.decode, lines), over(pysip2.decode_message, ended), rounds=ROUNDS),
        limit=PYSIP2,
        at_most=False,
        same=all(
            agrees(message, pysip2.decode_message(line).message) for message, line in zip(read, ended, strict=True)
        ),
    )
