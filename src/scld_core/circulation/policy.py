"""What a district decides about loans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, cast

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.validate import between, each, instance, matching, nonempty, optional

__all__ = ["STANDARD", "CirculationPolicy", "RenewFrom"]

STANDARD = "standard"
"""The kind under which the term of all other items stands."""


class RenewFrom(Enum):
    """From which day a renewal counts."""

    DUE = "due"  # the day on which the item was due
    TODAY = "today"


def _table(value: Callable[[object], bool], rule: str) -> Any:
    def fits(table: object) -> bool:
        rows = cast("Mapping[object, object]", table) if isinstance(table, Mapping) else {"": None}
        return all(isinstance(name, str) and name and value(row) for name, row in rows.items())

    return matching(fits, rule)


_days = [instance(int), between(1, 100_000)]


@frozen
class CirculationPolicy:
    """One key each under ``[policy.circulation]``; a key without a sourced value must be set there.

    loan_days: days for which an item of each kind is lent; `standard` is for every kind that is not there.
    lost_after_days: days overdue after which an item is declared lost and billed.
    max_renewals: how often one loan is renewed.
    renew_from: whether a renewal counts from the day the item was due (due) or from today (today).
    claim_search_days: on which days after a claim the shelves are searched, such as [1, 7, 21]; a day on which
        the library is closed moves to its next open day.
    claims_before_manager: claims of one patron, ended ones counted, from which on a manager decides on the next.
    max_items_out: items a patron may have; left out, no limit.
    max_owed_cents: a patron who owes more than this borrows and renews nothing; left out, no limit.
    ignored_blocks: block reasons that stop no loan; every other block does.
    kinds: what the ILS calls a kind of item, and which kind of `loan_days` that is.
    not_lent, not_renewed: kinds of items that are never lent, and lent but not renewed.
    """

    loan_days: Mapping[str, int] = field(
        validator=_table(lambda days: type(days) is int and 1 <= days <= 100_000, "must give days to kinds of items")
    )
    lost_after_days: int = field(validator=_days)
    max_renewals: int = field(validator=[instance(int), between(0, 100_000)])
    renew_from: RenewFrom = field(validator=instance(RenewFrom))
    claim_search_days: tuple[int, ...] = field(validator=each(instance(int)))
    claims_before_manager: int = field(validator=[instance(int), between(0, 100_000)])
    max_items_out: int | None = field(default=None, validator=optional(between(0, 100_000)))
    max_owed_cents: int | None = field(default=None, validator=optional(between(0, 1_000_000_000)))
    ignored_blocks: tuple[str, ...] = field(default=(), validator=each(nonempty))
    kinds: Mapping[str, str] = field(
        factory=dict[str, str], validator=_table(lambda name: isinstance(name, str), "must give kinds to words")
    )
    not_lent: tuple[str, ...] = field(default=(), validator=each(nonempty))
    not_renewed: tuple[str, ...] = field(default=(), validator=each(nonempty))

    def __attrs_post_init__(self) -> None:
        days = self.claim_search_days
        if list(days) != sorted(set(days)) or any(day < 0 for day in days):
            raise InvalidValue("CirculationPolicy", "claim_search_days", "must be days from 0 on, each later")

    def kind(self, word: str) -> str:
        """The kind of `loan_days` that an item is of, by the ILS's own word for it."""
        found = self.kinds.get(word, word)
        return found if found in self.loan_days else STANDARD

    def days(self, word: str) -> int | None:
        """Days for which such an item is lent; None where the policy does not say."""
        return self.loan_days.get(self.kind(word))
