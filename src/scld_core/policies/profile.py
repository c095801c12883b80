"""Profiles: the rules of one district, from a TOML document in which every value cites its source."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from attrs import field, frozen

from scld_core import codecs
from scld_core.errors import BadInput, ProfileRefused
from scld_core.kernel.validate import each, instance, matching, nonempty
from scld_core.policies.effective import Dated
from scld_core.policies.law import at_top, offences
from scld_core.policies.tables import Values, read_layer

__all__ = ["Law", "Profile", "load_profile", "parse_profile", "profile_names"]


@frozen
class Law:
    """A legal rule that the profile rests on: its citation, what it says, who may change it."""

    cite: str = field(validator=nonempty)
    says: str = field(validator=nonempty)
    changed_by: str = field(validator=nonempty)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value))


@frozen
class _Document:
    name: str = field(validator=matching(_is_name, "must be lower-case words joined by dashes"))
    title: str = field(validator=nonempty)
    law: tuple[Law, ...] = field(default=(), validator=each(instance(Law)))
    policy: Mapping[str, Any] = field(factory=dict[str, Any])


@frozen
class Profile:
    """A district's rules by dotted key, and the laws behind them."""

    name: str
    title: str
    values: Values = field(repr=False)
    laws: tuple[Law, ...] = ()

    def at(self, key: str, on: date) -> Dated[Any] | None:
        """The version of `key` in force on the date, or None."""
        return at_top([self.values], key, on)


def profile_names() -> tuple[str, ...]:
    """The profiles that come with scld."""
    return tuple(sorted(p.name.removesuffix(".toml") for p in _shipped().iterdir() if p.name.endswith(".toml")))


def _shipped() -> Any:
    from importlib.resources import files  # noqa: PLC0415 - slow to import, and needed once a process

    return files("scld_core") / "profiles"


def load_profile(source: str | Path) -> Profile:
    """A profile by the name of one that comes with scld, or from a TOML file.

    Text that ends in ``.toml`` is a path. Raises ProfileRefused with every mistake at its path.
    """
    if isinstance(source, Path) or source.endswith(".toml"):
        try:
            return parse_profile(codecs.read_toml(Path(source)), where=f"profile {source}")
        except ProfileRefused:
            raise
        except BadInput as fault:
            raise ProfileRefused(fault.where, fault.problem, fault.remedy) from None
    names = profile_names()
    if source not in names:
        near = difflib.get_close_matches(source, names, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else "Profiles: " + ", ".join(names)
        raise ProfileRefused(f"profile {source}", "does not exist", hint)
    return _load_shipped(source)


@functools.cache
def _load_shipped(name: str) -> Profile:
    """Read once: it comes with scld, and stays as it is while scld runs."""
    text = (_shipped() / f"{name}.toml").read_text(encoding="utf-8")
    return parse_profile(codecs.parse_toml(text, where=f"{name}.toml"), where=f"profile {name}")


def parse_profile(data: Mapping[str, Any], *, where: str) -> Profile:
    """A profile from the tables of its document; `where` names it in errors.

    Raises ProfileRefused for a format mistake, a value without source, versions that overlap, and
    values that the law forbids.
    """
    document, found = codecs.attempt(_Document, data)
    tree = data.get("policy", {})
    layer = read_layer(tree if isinstance(tree, Mapping) else {}, cited=True)  # pyright: ignore[reportUnknownArgumentType]
    problems = (*found, *layer.problems, *offences(layer.values))
    codecs.raise_all("", problems, error=ProfileRefused, document=where)
    return Profile(document.name, document.title, layer.values, document.law)
