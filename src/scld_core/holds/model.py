"""A hold, a request for one, a line of the pick list, and how a backend treats holds."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.holds.states import OPEN, TRAPPED, HoldState
from scld_core.kernel.ids import HoldId, ItemId, LocationId, PatronId, TitleId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import at_least, day, each, instance, instant, optional

__all__ = ["Copy", "Hold", "HoldManner", "HoldRequest", "OnTrapped", "Place", "Pull"]


class Place(Enum):
    """What suspension does to a hold's place in the queue."""

    KEPT = "kept"  # it is ranked all the time, and passed over
    HIDDEN = "hidden"  # those behind it move up, and it comes back to its old place
    LOST = "lost"  # it comes back as the last


class OnTrapped(Enum):
    """What becomes of a request to suspend a hold for which an item is set aside."""

    REFUSED = "refused"
    FREED = "freed"  # the item goes to the next hold


@frozen
class HoldManner:
    """How a backend treats holds, which it declares: the desk tells people what will happen by it.

    `ranks` and `targets` say whether it tells a hold's rank, and which items could fill it.
    `moves_trapped` says whether the pickup library may still be changed once an item is set aside.
    `title_level` and `item_level` say what may be held.
    """

    place: Place = field(default=Place.HIDDEN, validator=instance(Place))
    on_trapped: OnTrapped = field(default=OnTrapped.REFUSED, validator=instance(OnTrapped))
    ranks: bool = field(default=True, validator=instance(bool))
    targets: bool = field(default=True, validator=instance(bool))
    moves_trapped: bool = field(default=False, validator=instance(bool))
    title_level: bool = field(default=True, validator=instance(bool))
    item_level: bool = field(default=True, validator=instance(bool))


@frozen(kw_only=True)
class Hold:
    """One hold as of an instant.

    `item` is the item asked for, None where any item of the title will do; `trapped` is the one set
    aside. `rank` counts from 1 among those of the title that wait and are active; None for others and
    where the backend does not tell. `targets` are items that could fill it, whoever has them now: empty
    is unfillable, None is not told. `suspended_until` is the first day on which it is active again, None
    without an end. `shelf_until` is the last day on which it may be picked up, `not_needed_after` the
    last day on which the patron still wants it.
    """

    id: HoldId = field(validator=instance(HoldId))
    patron: PatronId = personal(validator=instance(PatronId))
    title: TitleId = field(validator=instance(TitleId))
    pickup: LocationId = field(validator=instance(LocationId))
    state: HoldState = field(validator=instance(HoldState))
    placed_at: datetime = field(validator=instant)
    as_of: datetime = field(validator=instant)
    item: ItemId | None = field(default=None, validator=optional(instance(ItemId)))
    rank: int | None = field(default=None, validator=optional(at_least(1)))
    targets: tuple[ItemId, ...] | None = field(default=None, validator=optional(each(instance(ItemId))))
    trapped: ItemId | None = field(default=None, validator=optional(instance(ItemId)))
    suspended_until: date | None = field(default=None, validator=optional(day))
    shelf_until: date | None = field(default=None, validator=optional(day))
    not_needed_after: date | None = field(default=None, validator=optional(day))

    def __attrs_post_init__(self) -> None:
        for name, value, states in (
            ("trapped", self.trapped, TRAPPED | (frozenset(HoldState) - OPEN)),
            ("rank", self.rank, {HoldState.WAITING, HoldState.SUSPENDED}),
            ("suspended_until", self.suspended_until, {HoldState.SUSPENDED}),
            ("shelf_until", self.shelf_until, {HoldState.READY, HoldState.UNCLAIMED, HoldState.FILLED}),
        ):
            if value is not None and self.state not in states:
                raise InvalidValue("Hold", name, f"is not for a hold that is {self.state.value}")
        if self.state in TRAPPED and self.trapped is None:
            raise InvalidValue("Hold", "trapped", f"must be there for a hold that is {self.state.value}")

    @property
    def is_open(self) -> bool:
        """Whether it counts as a hold of the patron."""
        return self.state in OPEN

    @property
    def unfillable(self) -> bool | None:
        """Whether it waits and nothing could ever fill it; None where that is not told."""
        if self.state not in (HoldState.WAITING, HoldState.SUSPENDED):
            return False
        return None if self.targets is None else not self.targets


@frozen
class Copy:
    """What an item is a copy of; `holdable` is None where nobody said that it can be held, or cannot."""

    title: TitleId = field(validator=instance(TitleId))
    call_number: str = field(default="", validator=instance(str))
    holdable: bool | None = field(default=None, validator=optional(instance(bool)))


@frozen(kw_only=True)
class HoldRequest:
    """What is asked for: a title, or with `item` that item of it, to be picked up at `pickup`.

    `at_most` is how many open holds the patron may have with this one; a backend that can refuses a
    further one in the same moment in which it would place it.
    """

    patron: PatronId = personal(validator=instance(PatronId))
    title: TitleId = field(validator=instance(TitleId))
    pickup: LocationId = field(validator=instance(LocationId))
    item: ItemId | None = field(default=None, validator=optional(instance(ItemId)))
    not_needed_after: date | None = field(default=None, validator=optional(day))
    at_most: int | None = field(default=None, validator=optional(at_least(0)))


@frozen
class Pull:
    """One line of a library's pick list: fetch this item from the shelf, for a hold of that pickup library.

    It names no patron: the slip that goes with the item is the ILS's own.
    """

    hold: HoldId = field(validator=instance(HoldId))
    title: TitleId = field(validator=instance(TitleId))
    item: ItemId = field(validator=instance(ItemId))
    at: LocationId = field(validator=instance(LocationId))
    pickup: LocationId = field(validator=instance(LocationId))
    call_number: str = ""
