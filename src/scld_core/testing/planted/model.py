"""A bug planted on purpose: proof that the kit bites."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import field, frozen

from scld_core.kernel.validate import nonempty
from scld_core.testing.harness import Harness

__all__ = ["Planted"]


@frozen
class Planted:
    """A backend that is right but for one bug.

    `source` names the system or the page where the bug was met, `caught_by` the check that must
    find it; others may as well.
    """

    name: str = field(validator=nonempty)
    source: str = field(validator=nonempty)
    caught_by: str = field(validator=nonempty)
    port: str
    make: Callable[[], Harness[Any]]

    @property
    def harness(self) -> Harness[Any]:
        """The harness of the faulty backend."""
        return self.make()
