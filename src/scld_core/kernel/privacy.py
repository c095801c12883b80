"""Personal data is tagged where it is declared, and masked wherever it could be seen.

RCW 42.56.310 exempts library records that could identify a user from public disclosure; this
module makes keeping them confidential the default and revealing them a deliberate act.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import attrs
from attrs import frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.validate import Validator, instance, nonempty

__all__ = ["MASK", "Purpose", "Revealed", "is_personal", "masked", "personal", "reveal"]

MASK = "•••"
_TAG = "scld.personal"


class Purpose(Enum):
    """What personal data may be looked at for; nothing else is a reason."""

    AGENCY_ACCOUNT = "agency_account"  # an account at the collection agency is being worked
    PATRON_REQUEST = "patron_request"  # the patron asked for something


def personal(*, validator: Validator | None = None, default: Any = attrs.NOTHING) -> Any:
    """An attrs field that holds personal data: tagged, and masked in the owner's repr."""
    return attrs.field(
        default=default,
        validator=validator,
        repr=lambda value: "None" if value is None else MASK,
        metadata={_TAG: True},
    )


def is_personal(attribute: attrs.Attribute[Any]) -> bool:
    """Whether a field was declared with `personal`."""
    return _TAG in attribute.metadata


def masked(value: Any) -> Any:
    """A copy of an attrs value with every tagged field that is not None replaced by the mask.

    Containers and nested attrs values are walked; the result is made of dicts, lists and leaves. A
    leaf value such as an id stays as it is, or becomes the mask when it identifies a person; as keys
    such ids become numbered masks, so that no entry is lost.
    """
    kind = value.__class__
    if attrs.has(kind):
        fields = attrs.fields(kind)
        if hasattr(kind, "parse"):
            return MASK if any(is_personal(a) for a in fields) else value
        return {
            a.name: MASK if is_personal(a) and getattr(value, a.name) is not None else masked(getattr(value, a.name))
            for a in fields
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(member) for member in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, Mapping):
        return {_key(key, place): masked(member) for place, (key, member) in enumerate(value.items(), 1)}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return value


def _key(key: Any, place: int) -> Any:
    if not attrs.has(key.__class__):
        return key
    hidden = masked(key)
    return f"{MASK}{place}" if hidden == MASK else str(hidden)


@frozen
class Revealed:
    """The audit line of one reveal: who saw which field of which record, for what purpose."""

    actor: str = attrs.field(validator=nonempty)
    record: str = attrs.field(validator=nonempty)
    field: str = attrs.field(validator=nonempty)
    purpose: Purpose = attrs.field(validator=instance(Purpose))


def reveal(
    value: Any, name: str, *, actor: str, purpose: Purpose, record: str, audit: Callable[[Revealed], None]
) -> Any:
    """The tagged field `name` of `value`, after `audit` has stored who saw it and why.

    `record` names the record by its id, never by its content. Where there is a store, `audit` is
    that of `services.privacy`, which writes to the journal. InvalidValue for a field that is not there, or
    is not masked.
    """
    kind = value.__class__
    fields = attrs.fields_dict(kind)
    if name not in fields:
        there = ", ".join(other for other, one in fields.items() if is_personal(one))
        raise InvalidValue(kind.__name__, name, f"is no field; masked ones are {there}")
    if not is_personal(fields[name]):
        raise InvalidValue(kind.__name__, name, "is not personal data and needs no reveal")
    audit(Revealed(actor, record, name, purpose))
    return getattr(value, name)
