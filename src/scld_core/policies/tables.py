"""Policy tables of TOML documents as effective values by dotted key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from attrs import field, frozen

from scld_core import codecs
from scld_core.codecs import Problem
from scld_core.errors import InvalidValue
from scld_core.policies.effective import Dated, Effective

__all__ = ["Layer", "Values", "read_layer"]

Values = Mapping[str, Effective[Any]]
"""Effective values by dotted key such as ``circulation.lost_after_days``."""


@frozen
class Layer:
    """The values of one document, and what is wrong with the rest of it."""

    values: Values
    problems: tuple[Problem, ...] = field(default=())


def read_layer(tree: Mapping[str, Any], *, cited: bool) -> Layer:
    """Read the table ``policy`` of a profile (`cited`: every value names its source) or of district.toml.

    A value is written plainly (``grace_days = 2``), where no source is asked for, or as a list of tables
    (``[[policy.hotspots.grace_days]]``) with `value`, `source`, `changed_by`, `valid_from`, `valid_to`.
    """
    values: dict[str, Effective[Any]] = {}
    problems: list[Problem] = []
    for path, node in _leaves(tree, ()):
        found, wrong = _versions(node, cited=cited)
        problems += [p.under("policy", *path) for p in wrong]
        if found is not None:
            values[".".join(path)] = found
    return Layer(values, tuple(problems))


def _leaves(tree: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, node in tree.items():
        if isinstance(node, Mapping):
            yield from _leaves(cast("Mapping[str, Any]", node), (*path, key))
        else:
            yield (*path, key), node


def _is_list_of_tables(node: Any) -> bool:
    members = cast("list[object]", node) if isinstance(node, list) else []
    return bool(members) and all(isinstance(member, Mapping) for member in members)


def _versions(node: Any, *, cited: bool) -> tuple[Effective[Any] | None, list[Problem]]:
    if not _is_list_of_tables(node):
        if cited:
            remedy = "Write it as a list of tables [[...]] with value, source and changed_by"
            return None, [Problem((), "cites no source", remedy)]
        return Effective((Dated(node),)), []
    versions, wrong = codecs.attempt(tuple[Dated[Any], ...], node)
    problems = list(wrong)
    if cited and not wrong:
        problems += _uncited(versions)
    if problems:
        return None, problems
    try:
        return Effective(versions), []
    except InvalidValue as refusal:
        return None, [Problem((), refusal.rule)]


def _uncited(versions: Sequence[Dated[Any]]) -> Iterator[Problem]:
    for place, version in enumerate(versions):
        if not version.source.strip():
            yield Problem((place, "source"), "is missing: every value of a profile cites where it is written")
        if not version.changed_by.strip():
            yield Problem((place, "changed_by"), "is missing: every value of a profile names who may change it")
