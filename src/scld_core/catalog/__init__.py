"""Items: id, barcode and status word; call numbers: their order, shelf reading, range labels."""

from scld_core.catalog.call_number import CallNumber, sort_key
from scld_core.catalog.call_number_parts import Kind, Part
from scld_core.catalog.call_number_range import RangeLabel, range_labels
from scld_core.catalog.call_number_shelf import Move, shelf_read
from scld_core.catalog.call_number_shelving import ENGLISH_ARTICLES, STANDARD, Shelving
from scld_core.catalog.model import Item

__all__ = [
    "ENGLISH_ARTICLES",
    "STANDARD",
    "CallNumber",
    "Item",
    "Kind",
    "Move",
    "Part",
    "RangeLabel",
    "Shelving",
    "range_labels",
    "shelf_read",
    "sort_key",
]
