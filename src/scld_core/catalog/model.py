"""An item as far as a desk leans on it: which record, which barcode, which status word."""

from __future__ import annotations

from attrs import field, frozen

from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId
from scld_core.kernel.validate import instance, optional

__all__ = ["Item"]


@frozen
class Item:
    """An item of one ILS: `word` is the status in the ILS's own word, `barcode` None when not supplied."""

    id: ItemId = field(validator=instance(ItemId))
    barcode: Barcode | None = field(default=None, validator=optional(instance(Barcode)))
    word: str = field(default="", validator=instance(str))
