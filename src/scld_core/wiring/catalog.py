"""The catalogue desk of a district: its ILS, what the loans tell of an item, and the district's shelf order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from scld_core.catalog.desk import CatalogDesk, Standing, not_told
from scld_core.errors import NotFound, UnsupportedOperation
from scld_core.kernel.ids import ItemId

if TYPE_CHECKING:
    from scld_core.circulation.ports import Loans
    from scld_core.plugins import OpenBackend
    from scld_core.settings import Settings

__all__ = ["catalog_desk"]


def catalog_desk(settings: Settings, opened: OpenBackend) -> CatalogDesk | None:
    """The desk; None where the ILS shows no catalogue."""
    if opened.catalog is None:
        return None
    standing = not_told if opened.loans is None else _told_by(opened.loans)
    return CatalogDesk(opened.catalog, settings.shelving, standing)


def _told_by(loans: Loans) -> Callable[[ItemId], Standing | None]:
    def standing(item: ItemId) -> Standing | None:
        try:
            seen = loans.get(item)
        except (NotFound, UnsupportedOperation):  # a catalogue may know items that are never lent
            return None
        lent = seen.open_loan
        return Standing(seen.word or seen.state.value, seen.as_of, None if lent is None else lent.due_at)

    return standing
