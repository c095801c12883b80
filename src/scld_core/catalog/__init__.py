"""Items: id, barcode and status word."""

from scld_core.catalog.model import Item

__all__ = ["Item"]
