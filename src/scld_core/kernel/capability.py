"""What a backend declares of each operation: full, by a named convention, or unsupported and why."""

from __future__ import annotations

from attrs import field, frozen

from scld_core.kernel.validate import nonempty

__all__ = ["Capability", "Convention", "Full", "Unsupported"]


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
