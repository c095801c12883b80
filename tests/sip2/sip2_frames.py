"""Frames for the tests: strategies for any message, recorded exchanges, and a fast mutator with fixed seeds."""

import json
from functools import cache
from pathlib import Path
from random import Random

from attrs import frozen
from hypothesis import strategies as st

from scld_adapters.sip2.declarations import SPECS
from scld_adapters.sip2.errors import Rule
from scld_adapters.sip2.messages import MESSAGES, Message
from scld_adapters.sip2.settings import Detection, Dialect
from scld_adapters.sip2.spec import Kind
from scld_adapters.sip2.wire import Codec, checksum

RECORDED = Path(__file__).with_name("koha_23_05.jsonl")
"""Exchanges with a Koha 23.05.04 and its synthetic patrons; exchanges that hold a password are left out."""

PLAIN = Dialect(encoding="utf-8", checksum=Detection.AUTO)

_DATES = st.sampled_from(["20261122    183809", "202402290000235959", "20261122   Z000000", "19991231    235960"])
_BY_KIND = {
    Kind.DATE: _DATES,
    Kind.DATE_OR_BLANK: st.one_of(_DATES, st.just(" " * 18)),
}


# Of the recorded frames, those that break the protocol: Koha's own, and those it was sent to see what it does.
ILLEGAL = {
    ("patron.status.nopw", "request"): Rule.MISSING,
    ("renew.all", "answer"): Rule.UNCLOSED,
    ("unknown.msg", "request"): Rule.CODE,
    ("bad.checksum", "request"): Rule.CHECKSUM,
    ("truncated", "request"): Rule.FIXED,
    ("patron.pipe.injection", "request"): Rule.TAG,
    ("checkout.norequiredfields", "request"): Rule.FIXED,
}


@frozen
class Exchange:
    """One recorded exchange; `answer` is None when the system said nothing or closed the connection."""

    label: str
    request: bytes
    answer: bytes | None


@cache
def recorded():
    """Every recorded exchange."""
    rows = (json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines())
    return tuple(Exchange(r["label"], r["request"].encode(), r["answer"] and r["answer"].encode()) for r in rows)


def corpus():
    """Every recorded frame, each once."""
    return sorted({raw for row in recorded() for raw in (row.request, row.answer) if raw})


def fixed(part):
    """Texts that a field of fixed width may hold."""
    known = _BY_KIND.get(part.kind)
    return known if known is not None else st.from_regex(part.kind.pattern, fullmatch=True)


def values(encoding="cp850"):
    """Texts that a variable field may hold in the encoding."""
    signs = st.characters(codec=encoding, exclude_categories=["Cc", "Cs"], exclude_characters="|")
    return st.text(signs, max_size=40)


@st.composite
def messages(draw, encoding="cp850", code=None):
    """Any legal message, with vendors' fields among its own."""
    spec = draw(st.sampled_from(SPECS)) if code is None else MESSAGES[code]
    fields = []
    for part in spec.variable:
        least = 1 if part.required else 0
        most = 3 if part.repeatable else 1
        texts = draw(st.lists(values(encoding), min_size=least, max_size=most))
        fields += [(part.tag, text) for text in texts]
    extra = draw(st.lists(st.tuples(st.sampled_from(["PB", "XI", "Z9", "QQ"]), values(encoding)), max_size=2))
    order = draw(st.permutations([*fields, *extra]))
    return Message(spec.code, tuple(draw(fixed(part)) for part in spec.fixed), tuple(order))


def sealed(body, sequence=b"0"):
    """A frame with a checksum that holds, whatever the body is."""
    raw = body + b"AY" + sequence + b"AZ"
    return raw + b"%04X" % checksum(raw)


def mutants(count, seed):
    """So many damaged frames, the same for the same seed; half are sealed again, so that the damage is read."""
    dice = Random(seed)
    bases = corpus()
    signs = b"|\r\n\x00AYZ09 \xff\x80\xc3N"
    for number in range(count):
        raw = bytearray(bases[dice.randrange(len(bases))])
        for _ in range(1 + dice.randrange(3)):
            at = dice.randrange(len(raw) + 1)
            choice = dice.randrange(6)
            if choice == 0:
                raw[at : at + 1] = bytes([dice.randrange(256)])
            elif choice == 1:
                raw[at:at] = signs[dice.randrange(len(signs)) :][:1]
            elif choice == 2:
                del raw[at : at + 1 + dice.randrange(20)]
            elif choice == 3:
                raw[at:at] = raw[at : at + dice.randrange(30)]
            elif choice == 4:
                del raw[at:]
            else:
                raw[at:at] = bases[dice.randrange(len(bases))][: dice.randrange(40)]
        mutant = bytes(raw)
        yield sealed(mutant[:-9], b"%d" % (number % 10)) if number % 2 else mutant


def survey(count, seed, codec, broken):
    """Decode so many mutants; give how many were legal. Anything but a frame or `broken` is raised."""
    legal = 0
    for raw in mutants(count, seed):
        try:
            frame = codec.decode(raw)
        except broken:
            continue
        legal += 1
        again = codec.encode(frame.message, sequence=frame.sequence, checked=frame.checked)
        assert codec.decode(again) == frame
    return legal


def codecs():
    """A codec for each kind of dialect."""
    return (Codec(PLAIN), Codec(Dialect(checksum=Detection.OFF, open_end=True, optional=("AC", "AD"))), Codec())
