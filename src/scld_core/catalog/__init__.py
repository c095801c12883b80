"""Titles, items and libraries of an ILS; call numbers: their order, shelf reading, range labels."""

from scld_core.catalog.call_number import CallNumber, sort_key
from scld_core.catalog.call_number_parts import Kind, Part
from scld_core.catalog.call_number_range import RangeLabel, range_labels
from scld_core.catalog.call_number_shelf import Move, shelf_read
from scld_core.catalog.call_number_shelving import ENGLISH_ARTICLES, STANDARD, Shelving
from scld_core.catalog.isbn import isbn13
from scld_core.catalog.model import Item, Library, Query, Title, answers_to
from scld_core.catalog.ports import Catalog

__all__ = [
    "ENGLISH_ARTICLES",
    "STANDARD",
    "CallNumber",
    "Catalog",
    "Item",
    "Kind",
    "Library",
    "Move",
    "Part",
    "Query",
    "RangeLabel",
    "Shelving",
    "Title",
    "answers_to",
    "isbn13",
    "range_labels",
    "shelf_read",
    "sort_key",
]
