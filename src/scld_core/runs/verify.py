"""After a run: what still differs, and is it explained."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from attrs import field, frozen

from scld_core.kernel.validate import instant
from scld_core.runs.model import Plan, Step

__all__ = ["Verification", "verify"]


@frozen
class Verification:
    """`remaining` are the differences that are neither applied, waiting nor on the exception list."""

    at: datetime = field(validator=instant)
    remaining: tuple[Step, ...] = ()

    @property
    def residual(self) -> int:
        """The headline: unexplained differences."""
        return len(self.remaining)


def verify(after: Plan, *, waiting: Collection[str]) -> Verification:
    """Judge a plan made from fresh observations after the run; `waiting` are step ids a person holds."""
    held = set(waiting)
    return Verification(after.made_at, tuple(s for s in after.steps if s.id not in held))
