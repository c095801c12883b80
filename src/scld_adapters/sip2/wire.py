"""Frames: bytes to a message and back, strictly, without I/O.

A frame is ``code, fixed fields, TAGvalue| ..., [AYn], [AZhhhh]`` and a CR. The checksum is the two's
complement, in 16 bits, of the sum of all bytes up to and including ``AZ``. `Codec.decode` turns any
bytes into a Frame or raises BadFrame; `Codec.encode` reads back what it wrote, so it can send nothing
that decodes to another message: a value with a delimiter or a line end in it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product
from re import Match
from string import ascii_uppercase, digits
from typing import NamedTuple
from zlib import adler32

from scld_adapters.sip2.errors import BadFrame, Damaged, Rule, Unsendable
from scld_adapters.sip2.fields import TAGS, is_tag
from scld_adapters.sip2.messages import MESSAGES, Message
from scld_adapters.sip2.settings import Detection, Dialect, Extensions, waived
from scld_adapters.sip2.spec import MessageSpec

__all__ = ["Codec", "Frame", "Splitter", "checksum"]

_AT_ONCE = 256
_CONTROLS = bytes([*range(32), 127])
_CONTROL_FRAMES = frozenset((b"96", b"97"))
_ANY = frozenset(filter(is_tag, map("".join, product(ascii_uppercase, ascii_uppercase + digits))))


class Frame(NamedTuple):
    """A decoded frame: the message, its sequence number (None without one), and whether a checksum held.

    A tuple, because one is made for every frame and a tuple costs least.
    """

    message: Message
    sequence: int | None = None
    checked: bool = False


def checksum(data: bytes) -> int:
    """The 16-bit checksum of everything through the letters ``AZ``."""
    # The low half of Adler-32 is 1 plus the sum of the bytes, exact up to 256 of them (255 * 256 < 65521):
    # a sum at the speed of C
    total = 0
    for start in range(0, len(data), _AT_ONCE):
        total += (adler32(data[start : start + _AT_ONCE]) & 0xFFFF) - 1
    return -total & 0xFFFF


class _Layout(NamedTuple):
    """What the codec looks up of one message, ready for use."""

    code: str
    header: Callable[[str, int], Match[str] | None]
    required: frozenset[str]
    allowed: frozenset[str]
    single: frozenset[str]


class Codec:
    """Reads and writes the frames of one dialect. Holds no state between frames."""

    def __init__(self, dialect: Dialect | None = None) -> None:
        """Prepare the tables of the dialect; without one, that of the standard."""
        self.dialect = dialect or Dialect()
        self._layouts = {code: self._layout(spec) for code, spec in MESSAGES.items()}
        self._encoding = self.dialect.encoding
        self._max_value = self.dialect.max_value
        self._delimiter = self.dialect.delimiter
        self._closing = ord(self._delimiter)
        bar = re.escape(self._delimiter)
        self._pairs = re.compile(f"(..)([^{bar}]*){bar}", re.DOTALL).findall
        # so many characters may be too many bytes: one takes up to four in UTF-8
        most = self._max_value // 4 if self._encoding == "utf-8" else self._max_value
        self._long = re.compile(f"[^{bar}]{{{most + 3}}}", re.DOTALL).search
        self._max_frame = self.dialect.max_frame
        self._demand = self.dialect.checksum is Detection.REQUIRED

    def decode(self, raw: bytes, *, demand: bool | None = None) -> Frame:
        """The frame in `raw`, which is without its terminator.

        `demand` says whether a checksum must be there, where the dialect's own answer does not hold.
        Raises Damaged for a wrong or missing checksum and BadFrame for everything else; nothing more.
        """
        size = len(raw)
        if size > self._max_frame:
            raise BadFrame(Rule.TOO_LONG)
        sequence = None
        # the last bytes one by one, since slices cost more; a value may end in AZ and three letters, and then
        # the delimiter is the last byte
        checked = size > 7 and raw[-5] == 90 and raw[-6] == 65 and raw[-1] != self._closing
        if checked:
            stated = raw[-4:]
            sums = b"%04X" % (checksum(raw[:-4]) if size > _AT_ONCE else 1 - adler32(raw[:-4]) & 0xFFFF)
            if sums != stated and sums != stated.upper():
                raise Damaged(Rule.CHECKSUM)
            if size > 10 and raw[-8] == 89 and raw[-9] == 65 and 48 <= raw[-7] <= 57:
                sequence = raw[-7] - 48
                raw = raw[:-9]
            else:
                raw = raw[:-6]
        elif raw not in _CONTROL_FRAMES and (self._demand if demand is None else demand):
            raise Damaged(Rule.NO_CHECKSUM)
        try:
            # most frames are ASCII, which every encoding here contains and which decodes faster
            text = raw.decode("ascii" if raw.isascii() else self._encoding)
        except UnicodeDecodeError:
            raise BadFrame(Rule.ENCODING) from None
        return Frame(self._parse(text, raw), sequence, checked)

    def encode(self, message: Message, *, sequence: int | None = None, checked: bool = True) -> bytes:
        """The frame of `message`, without its terminator; raises Unsendable when a rule forbids it."""
        body = [message.code, *message.fixed]
        for tag, value in message.fields:
            body += (tag, value, self._delimiter)
        text = "".join(body)
        try:
            raw = text.encode(self._encoding)
        except UnicodeEncodeError:
            raise Unsendable(Rule.ENCODING, message.code) from None
        try:
            read = self._parse(text, raw)
        except BadFrame as problem:
            raise Unsendable(problem.rule, problem.where) from None
        if read != message:
            raise Unsendable(Rule.DELIMITER, message.code)
        if checked:
            # the constant frames 96 and 97 carry no number: they ask for the last one
            raw += b"AZ" if sequence is None else b"AY%dAZ" % sequence
            raw += b"%04X" % checksum(raw)
        if len(raw) > self.dialect.max_frame:
            raise Unsendable(Rule.TOO_LONG, message.code)
        return raw

    def _layout(self, spec: MessageSpec) -> _Layout:
        taken = self.dialect.extensions
        extensions = _ANY if taken is Extensions.ANY else TAGS.keys() if taken is Extensions.KNOWN else frozenset[str]()
        return _Layout(
            spec.code,
            spec.header.match,
            spec.required - waived(self.dialect, spec.code),
            spec.tags | extensions,
            spec.tags - spec.repeatable,
        )

    def _parse(self, text: str, raw: bytes) -> Message:
        layout = self._layouts.get(text[:2])
        if layout is None:
            raise BadFrame(Rule.CODE)
        code, header, required, allowed, single = layout
        found = header(text, 2)
        if found is None:
            raise BadFrame(Rule.FIXED, code)
        start = found.end()
        if len(text) > start and text[-1] != self._delimiter:
            text = self._close(code, text, start)
        pairs: list[tuple[str, str]] = self._pairs(text, start)
        seen = dict(pairs)
        if len(pairs) != text.count(self._delimiter, start):
            raise BadFrame(Rule.TAG, code)
        if not allowed.issuperset(seen):
            raise BadFrame(Rule.EXTRA if all(map(is_tag, seen)) else Rule.TAG, code)
        if not required.issubset(seen):
            raise BadFrame(Rule.MISSING, f"{code}.{min(required - seen.keys())}")
        if len(seen) != len(pairs):
            _check_repeats(code, single, pairs)
        if len(raw) > self._max_value and self._long(text, start):
            self._check_sizes(code, pairs)
        # in every encoding here a control character is the byte that it is in ASCII
        if len(raw.translate(None, _CONTROLS)) != len(raw):
            raise BadFrame(Rule.CONTROL, code)
        return Message(code, found.groups(), tuple(pairs))

    def _close(self, code: str, text: str, start: int) -> str:
        last = text[start:].rpartition(self._delimiter)[2]
        if not (self.dialect.open_end and is_tag(last[:2])):
            raise BadFrame(Rule.UNCLOSED, code)
        return text + self._delimiter

    def _check_sizes(self, code: str, pairs: list[tuple[str, str]]) -> None:
        for tag, value in pairs:
            if len(value.encode(self._encoding)) > self._max_value:
                raise BadFrame(Rule.VALUE, f"{code}.{tag}")


def _check_repeats(code: str, single: frozenset[str], pairs: list[tuple[str, str]]) -> None:
    found = [tag for tag, _ in pairs if tag in single]
    if len(set(found)) != len(found):
        raise BadFrame(Rule.REPEATED, f"{code}.{max(found, key=found.count)}")


class Splitter:
    """Cuts a stream of bytes into frames at each CR; an LF after it, and empty lines, are skipped."""

    def __init__(self, limit: int) -> None:
        """Refuse to hold more than `limit` bytes without a CR."""
        self._limit = limit
        self._held = bytearray()

    @property
    def unended(self) -> bool:
        """Whether what is held has an LF in it: each frame ends with a CR, and an LF alone ends none."""
        return b"\n" in self._held.lstrip(b"\n")

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self._held += data

    def frames(self) -> Iterator[bytes]:
        """The whole frames held, oldest first; raises BadFrame when the limit is passed without a CR."""
        while (frame := self.next()) is not None:
            yield frame

    def skip(self) -> None:
        """Forget the whole frames held; of one that is still arriving nothing is lost."""
        del self._held[: self._held.rfind(b"\r") + 1]

    def next(self) -> bytes | None:
        """The oldest whole frame, or None."""
        while (end := self._held.find(b"\r")) >= 0:
            frame = bytes(self._held[:end]).lstrip(b"\n")
            del self._held[: end + 1]
            if frame:
                return frame
        if len(self._held) > self._limit:
            self._held.clear()
            raise BadFrame(Rule.TOO_LONG)
        return None
