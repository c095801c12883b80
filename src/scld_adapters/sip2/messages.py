"""A message as a value: its code, its fields of fixed width, and its tagged fields in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from attrs import field, frozen

from scld_adapters.sip2.declarations import SPECS
from scld_adapters.sip2.errors import Rule, Unsendable
from scld_adapters.sip2.fields import TAGS
from scld_adapters.sip2.spec import MessageSpec
from scld_core.kernel.privacy import MASK, personal

__all__ = ["MESSAGES", "Fields", "Message", "Values", "make"]

MESSAGES: Mapping[str, MessageSpec] = MappingProxyType({spec.code: spec for spec in SPECS})
"""The declaration of each of the 31 messages, by its code."""

Fields = tuple[tuple[str, str], ...]


@frozen(repr=False)
class Message:
    """One message. `fixed` are the texts of its fields of fixed width; `fields` its (tag, value) pairs in order.

    `make` builds one by field names; the codec checks every one that is sent or received. The repr
    shows no personal value.
    """

    code: str
    fixed: tuple[str, ...] = field(default=())
    fields: Fields = personal(default=())

    @property
    def spec(self) -> MessageSpec:
        """The declaration of this kind of message."""
        return MESSAGES[self.code]

    def value(self, name: str) -> str | None:
        """The text of a field by name or tag, None when it was not sent; of a repeated one the first."""
        place = self._place(name)
        if isinstance(place, int):
            return self.fixed[place]
        return next((value for tag, value in self.fields if tag == place), None)

    def values(self, name: str) -> tuple[str, ...]:
        """The texts of every field of that name or tag, in order."""
        place = self._place(name)
        if isinstance(place, int):
            return (self.fixed[place],)
        return tuple(value for tag, value in self.fields if tag == place)

    def text(self, name: str) -> str:
        """The text of a field; empty when it was not sent."""
        return self.value(name) or ""

    def _place(self, name: str) -> int | str:
        known = self.spec.places.get(name)
        if known is not None:
            return known
        tag = name if len(name) == 2 else _EXTENSIONS.get(name)
        if tag is None:
            raise Unsendable(Rule.NAME, self.code)
        return tag

    def __repr__(self) -> str:
        fixed = (f"{part.name}={text!r}" for part, text in zip(self.spec.fixed, self.fixed, strict=False))
        fields = (f"{tag}={MASK if _hidden(tag) else repr(value)}" for tag, value in self.fields)
        return f"<{self.code} {self.spec.name} {' '.join([*fixed, *fields])}>"


_EXTENSIONS = {tag.name: tag.tag for tag in TAGS.values() if tag.extension}


def _hidden(tag: str) -> bool:
    # a field that nobody has described may hold anything
    return tag not in TAGS or TAGS[tag].personal


Values = Mapping[str, str | tuple[str, ...] | None]
"""Field values by name, for `make`."""


def make(
    code: str,
    shared: Values | None = None,
    /,
    *,
    extra: Iterable[tuple[str, str]] = (),
    **named: str | tuple[str, ...] | None,
) -> Message:
    """A message by field names: ``make("17", transaction_date=..., institution_id="MAIN", item_identifier=...)``.

    `shared` are values that several messages have in common. A repeatable field takes a tuple; a value
    None is left out; `extra` are (tag, value) pairs of vendors' fields. Raises Unsendable for a name that
    the message does not have and for a missing field; the codec checks the values when the message is sent.
    """
    spec = MESSAGES[code]
    named = {**(shared or {}), **named}
    if not named.keys() <= spec.places.keys():
        raise Unsendable(Rule.NAME, code)
    fixed = tuple(_fixed(code, part.name, named.get(part.name)) for part in spec.fixed)
    fields: list[tuple[str, str]] = []
    for part in spec.variable:
        given = named.get(part.name)
        values = () if given is None else (given,) if isinstance(given, str) else given
        if part.required and not values:
            raise Unsendable(Rule.MISSING, f"{code}.{part.tag}")
        fields += [(part.tag, value) for value in values]
    return Message(code, fixed, (*fields, *extra))


def _fixed(code: str, name: str, given: str | tuple[str, ...] | None) -> str:
    if not isinstance(given, str):
        raise Unsendable(Rule.FIXED, f"{code}.{name}")
    return given
