"""What a port's operations do, and what a backend declares of each.

A port's Protocol says with `reads` and `writes` what each operation does; a backend says of each
that it is full, works by a named convention, or is unsupported and why.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, TypeVar

from attrs import field, frozen

from scld_core.kernel.validate import instance, nonempty

__all__ = [
    "Capability",
    "Convention",
    "Effect",
    "Full",
    "Operation",
    "Unsupported",
    "operations",
    "reads",
    "writes",
]

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__scld_operation__"


@frozen
class Full:
    """The operation does what the port says; the conformance kit must pass it."""


@frozen
class Convention:
    """The operation works by a local convention, named so that people can look it up."""

    name: str = field(validator=nonempty)


@frozen
class Unsupported:
    """The operation raises UnsupportedOperation; `reason` is for people, `since` a version."""

    reason: str = field(validator=nonempty)
    since: str = ""


Capability = Full | Convention | Unsupported

About = Callable[..., Callable[[Any], bool]]
"""Given the backend's instance name and the call's arguments: a test of one answer, or of one row."""


class Effect(Enum):
    """Whether calling an operation can change the other system."""

    READ = "read"
    WRITE = "write"


@frozen
class Operation:
    """One operation of a port.

    `about` tells whether an answer (of a list: each of its rows) is about what was asked; None
    where an answer does not say what it is about.
    """

    effect: Effect = field(validator=instance(Effect))
    about: About | None = None


def reads(about: About | None = None) -> Callable[[F], F]:
    """Declare a Protocol's method as a read: it may be called again after a passing fault."""
    return _marker(Operation(Effect.READ, about))


def writes() -> Callable[[F], F]:
    """Declare a Protocol's method as a write: it is called once and never repeated blindly."""
    return _marker(Operation(Effect.WRITE))


@functools.cache
def operations(protocol: type) -> Mapping[str, Operation]:
    """The declared operations of a port's Protocol by name, in alphabetical order."""
    marked = {name: getattr(getattr(protocol, name), _MARK, None) for name in dir(protocol)}
    return MappingProxyType({name: mark for name, mark in marked.items() if isinstance(mark, Operation)})


def _marker(operation: Operation) -> Callable[[F], F]:
    def mark(method: F) -> F:
        setattr(method, _MARK, operation)
        return method

    return mark
