"""What a message is made of: the types of the declarations."""

from __future__ import annotations

import re
from enum import Enum

from attrs import field, frozen

from scld_adapters.sip2.fields import TAGS
from scld_core.kernel.capability import Effect

__all__ = ["Fixed", "Kind", "MessageSpec", "Role", "Variable", "answer", "request"]

_DAY = r"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_DATE = rf"{_DAY}(?:    |0000|   [A-Z])(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9]|60)"


class Role(Enum):
    """The two ends: the terminal (3M: self check) asks, the library system (3M: ACS) answers."""

    SC = "SC"
    ACS = "ACS"


class Kind(Enum):
    """What may stand in a field of fixed width: a pattern, and what a refusal puts there."""

    FLAG = (r"[YN]", "N")
    FLAG_OR_UNKNOWN = (r"[YNU]", "U")
    OK = (r"[01]", "0")
    DATE = (_DATE, "")
    DATE_OR_BLANK = (rf"{_DATE}| {{18}}", " " * 18)
    BLOCKS = (r"[YN ]{14}", "YYYY          ")
    SUMMARY = (r"[YN ]{10}", " " * 10)
    COUNT = (r"[0-9]{4}| {4}", "    ")  # nobody has counted, which is not zero
    DONE = (r"[0-9]{4}| {4}", "0000")  # of what is refused none was done
    HOLD_MODE = (r"[-+*]", "+")
    CODE = (r"[0-9]{2}", "01")
    CURRENCY = (r"[A-Z]{3}", "USD")
    DIGIT = (r"[0-9]", "0")
    NUMBER = (r"[0-9]{3}", "000")
    VERSION = (r"[0-9]\.[0-9]{2}", "2.00")

    def __init__(self, pattern: str, refusal: str) -> None:
        """Take the pattern and what a refusal says; a date's refusal is the present."""
        self.pattern = pattern
        self.refusal = refusal


@frozen
class Fixed:
    """A field of fixed width."""

    name: str
    width: int
    kind: Kind
    meaning: str


@frozen
class Variable:
    """A tagged field of a message: it must stand there or may, once or as often as wanted."""

    tag: str
    required: bool
    repeatable: bool

    @property
    def name(self) -> str:
        """The field's name, one for all messages."""
        return TAGS[self.tag].name

    @property
    def meaning(self) -> str:
        """What the field says."""
        return TAGS[self.tag].meaning


@frozen
class MessageSpec:
    """One of the 31 messages. `answer` is the code that answers a request; `effect` is None of an answer."""

    code: str
    name: str
    sender: Role
    fixed: tuple[Fixed, ...]
    variable: tuple[Variable, ...]
    effect: Effect | None = None
    answer: str | None = None
    header: re.Pattern[str] = field(init=False, repr=False, eq=False)
    tags: frozenset[str] = field(init=False, repr=False, eq=False)
    required: frozenset[str] = field(init=False, repr=False, eq=False)
    repeatable: frozenset[str] = field(init=False, repr=False, eq=False)
    places: dict[str, int | str] = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        places: dict[str, int | str] = {part.name: place for place, part in enumerate(self.fixed)}
        places |= {part.name: part.tag for part in self.variable}
        derived = {
            "header": re.compile("".join(f"({part.kind.pattern})" for part in self.fixed)),
            "tags": frozenset(part.tag for part in self.variable),
            "required": frozenset(part.tag for part in self.variable if part.required),
            "repeatable": frozenset(part.tag for part in self.variable if part.repeatable),
            "places": places,
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)


def _variables(tags: str) -> tuple[Variable, ...]:
    # "AO AF?*": a question mark is optional, a star repeatable
    return tuple(Variable(word[:2], "?" not in word, "*" in word) for word in tags.split())


def request(
    code: str, name: str, effect: Effect, answers: str | None, *, fixed: tuple[Fixed, ...] = (), tags: str = ""
) -> MessageSpec:
    """A message from the terminal; `tags` as in ``"AO AA AC?"``."""
    return MessageSpec(code, name, Role.SC, fixed, _variables(tags), effect, answers)


def answer(code: str, name: str, fixed: tuple[Fixed, ...], tags: str = "") -> MessageSpec:
    """A message from the library system."""
    return MessageSpec(code, name, Role.ACS, fixed, _variables(tags))
