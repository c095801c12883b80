"""What a district decides about holds."""

from __future__ import annotations

from attrs import field, frozen

from scld_core.kernel.validate import between, each, instance, nonempty, optional

__all__ = ["HoldPolicy"]


@frozen
class HoldPolicy:
    """One key each under ``[policy.holds]``; a key without a sourced value must be set there.

    max_holds: open holds a patron may have.
    before_activation: the same for somebody who registered online and has not been in yet.
    max_owed_cents: a patron who owes more than this places no hold; left out, no limit.
    ignored_blocks: block reasons that do not stop a hold; every other block does.
    shelf_days: open days for which an item waits on the hold shelf.
    inactive_categories: the ILS's categories of people who registered online and have not been in yet.
    closed_days: a library that opens no sooner than after so many days takes no holds; left out, only one
        that never opens again.
    """

    max_holds: int = field(validator=[instance(int), between(0, 100_000)])
    before_activation: int = field(validator=[instance(int), between(0, 100_000)])
    shelf_days: int = field(validator=[instance(int), between(1, 100_000)])
    max_owed_cents: int | None = field(default=None, validator=optional(between(0, 1_000_000_000)))
    ignored_blocks: tuple[str, ...] = field(default=(), validator=each(nonempty))
    inactive_categories: tuple[str, ...] = field(default=(), validator=each(nonempty))
    closed_days: int | None = field(default=None, validator=optional(between(1, 100_000)))
