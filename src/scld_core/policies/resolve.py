"""The policy of an area on a date: a profile's values under the district's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Generic, TypeVar, cast

import attrs
from attrs import frozen

from scld_core import codecs
from scld_core.errors import InvalidValue, PolicyMissing, ProfileRefused, SettingsError
from scld_core.policies.effective import Dated
from scld_core.policies.law import at_top, offences
from scld_core.policies.profile import Profile
from scld_core.policies.tables import Values, read_layer

__all__ = ["Resolved", "check_overrides", "resolve"]

P = TypeVar("P")


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


def resolve(kind: type[P], prefix: str, *, profile: Profile, overrides: Mapping[str, Any], on: date) -> Resolved[P]:
    """The policy `kind` from the keys ``prefix.field`` in force on the date.

    `overrides` is the table ``policy`` of district.toml and goes before the profile. A field that
    neither sets takes the class's default; PolicyMissing names all that have none. Keys below a field
    (``loan_days.dvds``) make a table of it. Raises SettingsError for unknown keys and wrong values.
    """
    own = _own_values(overrides, profile)
    fields = _fields(kind)
    mine = {key: value for key, value in own.items() if key.startswith(f"{prefix}.")}
    _refuse_unknown(mine, {f"{prefix}.{name}" for name in fields})
    used = tuple(_in_force(own, profile.values, prefix, fields, on=on))
    _refuse_missing(prefix, fields, used, on)
    value = codecs.structure(kind, _nested(used, prefix), where=f"policy.{prefix}")
    defaults = [(name, f"default of {kind.__name__}") for name in fields if name not in {p.top for p in used}]
    return Resolved(value, _version(profile, used), (*((p.key, _source(p, profile, prefix)) for p in used), *defaults))


@frozen
class _Pick:
    """A version in force: its key below the prefix, and whether it is the district's own."""

    key: str
    version: Dated[Any]
    own: bool

    @property
    def top(self) -> str:
        return self.key.partition(".")[0]


def _in_force(own: Values, base: Values, prefix: str, fields: Iterable[str], *, on: date) -> Iterator[_Pick]:
    start = f"{prefix}."
    keys = sorted(key.removeprefix(start) for key in {*own, *base} if key.startswith(start))
    for key in keys:
        version = at_top([own, base], start + key, on)
        if version is not None and key.partition(".")[0] in fields:
            yield _Pick(key, version, own=at_top([own], start + key, on) is not None)


def _refuse_missing(prefix: str, fields: Mapping[str, attrs.Attribute[Any]], used: Iterable[_Pick], on: date) -> None:
    there = {pick.top for pick in used}
    missing = [name for name, a in fields.items() if a.default is attrs.NOTHING and name not in there]
    if missing:
        raise PolicyMissing(f"policy.{prefix} on {on}", tuple(f"{prefix}.{name}" for name in missing))


def _nested(used: Iterable[_Pick], prefix: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for pick in used:
        *outer, last = pick.key.split(".")
        node = tree
        for word in outer:
            inner = node.setdefault(word, {})
            if not isinstance(inner, dict):
                where = f"policy.{prefix}.{pick.key}"
                raise SettingsError(where, "is set both as one value and as a table of values", "Keep one of them")
            node = cast("dict[str, Any]", inner)
        node[last] = pick.version.value
    return tree


def _version(profile: Profile, used: Iterable[_Pick]) -> str:
    text = profile.name
    for own, name in ((False, ""), (True, "+district")):
        starts = [pick.version.valid_from for pick in used if pick.own is own]
        dates = [start for start in starts if start]
        text += (name if starts else "") + (f"@{max(dates)}" if dates else "")
    return text


def _source(pick: _Pick, profile: Profile, prefix: str) -> str:
    source = pick.version.source or f"policy.{prefix}.{pick.key}"
    owner = "district.toml" if pick.own else profile.name
    changed_by = f" (changed by {pick.version.changed_by})" if pick.version.changed_by else ""
    return f"{owner}: {source}{changed_by}"
