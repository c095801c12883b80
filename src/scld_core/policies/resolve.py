"""The policy of an area on a date: a profile's values under the district's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Generic, TypeVar

import attrs
from attrs import frozen

from scld_core import codecs
from scld_core.errors import InvalidValue, PolicyMissing, ProfileRefused
from scld_core.policies.effective import Dated
from scld_core.policies.law import at_top, offences
from scld_core.policies.profile import Profile
from scld_core.policies.tables import Values, read_layer

__all__ = ["Resolved", "check_overrides", "resolve"]

P = TypeVar("P")

DISTRICT = "district"
"""What a version calls values that stand in district.toml."""


@frozen
class Resolved(Generic[P]):
    """An area's policy value, the version that decisions record, and where each field comes from."""

    value: P
    version: str
    sources: tuple[tuple[str, str], ...]

    def source_of(self, name: str) -> str:
        """Where a field's value is written and who may change it; raises InvalidValue for no field."""
        found = [text for key, text in self.sources if key == name or key.startswith(f"{name}.")]
        if not found:
            raise InvalidValue(type(self.value).__name__, name, "is not a field of this policy")
        return "; ".join(dict.fromkeys(found))


def _own_values(overrides: Mapping[str, Any], profile: Profile) -> Values:
    """The district's values; raises for their form and for what the law forbids."""
    layer = read_layer(overrides, cited=False)
    codecs.raise_all("", layer.problems)
    codecs.raise_all("", offences(layer.values, profile.values), error=ProfileRefused)
    return layer.values


def _refuse_unknown(own: Values, known: Iterable[str]) -> None:
    names = set(known)
    parts = {key: tuple(key.split(".")) for key in own}
    unknown = [
        key
        for key, words in parts.items()
        if not any(".".join(words[:length]) in names for length in range(1, len(words) + 1))
    ]
    codecs.raise_all("", [codecs.unknown_key(key, names, "policy") for key in unknown])


def _fields(kind: type[Any]) -> dict[str, attrs.Attribute[Any]]:
    return {a.name: a for a in attrs.fields(kind) if a.init}


def check_overrides(overrides: Mapping[str, Any], *, profile: Profile, kinds: Mapping[str, type[Any]]) -> None:
    """Check the whole ``[policy]`` of district.toml once, when it is opened.

    `kinds` maps each area's prefix to its policy class. A key that neither a class nor the profile
    knows raises SettingsError with the nearest one; a value the law forbids raises ProfileRefused.
    """
    own = _own_values(overrides, profile)
    known = {f"{prefix}.{name}" for prefix, kind in kinds.items() for name in _fields(kind)}
    _refuse_unknown(own, known | set(profile.values))


def resolve(
    kind: type[P], prefix: str, *, profile: Profile, overrides: Mapping[str, Any], on: date
) -> Resolved[P]:
    """The policy `kind` from the keys ``prefix.field`` in force on the date.

    `overrides` is the table ``policy`` of district.toml and goes before the profile. A field that
    neither sets takes the class's default; PolicyMissing names all that have none. Keys below a field
    (``loan_days.dvds``) make a table of it. Raises SettingsError for unknown keys and wrong values.
    """
    own = _own_values(overrides, profile)
    fields = _fields(kind)
    mine = {key: value for key, value in own.items() if key.startswith(f"{prefix}.")}
    _refuse_unknown(mine, {f"{prefix}.{name}" for name in fields})
    used = _in_force((own, profile.values), prefix, fields, on)
    missing = [
        f"{prefix}.{name}"
        for name, attribute in fields.items()
        if attribute.default is attrs.NOTHING and not any(_top(key) == name for key in used)
    ]
    if missing:
        raise PolicyMissing(f"policy.{prefix} on {on}", tuple(missing))
    value = codecs.structure(kind, _nested(used), where=f"policy.{prefix}")
    return Resolved(value, _version(used, own, profile, prefix), _sources(kind, used, own, profile, prefix))


def _top(key: str) -> str:
    return key.partition(".")[0]


def _in_force(
    layers: tuple[Values, Values], prefix: str, fields: Iterable[str], on: date
) -> dict[str, Dated[Any]]:
    """The versions in force by the key below `prefix`, in the order of `fields`."""
    keys = {key.removeprefix(f"{prefix}.") for layer in layers for key in layer if key.startswith(f"{prefix}.")}
    wanted = [key for name in fields for key in sorted(keys) if _top(key) == name]
    found = ((key, at_top(layers, f"{prefix}.{key}", on)) for key in wanted)
    return {key: version for key, version in found if version is not None}
