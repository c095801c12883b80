"""Sierra's collection agency reports as delimited files.

The columns are those that the online help names. How the system writes its file, and how dates and
amounts stand in it, is not public.
"""

from __future__ import annotations

from attrs import evolve

from scld_core.agency.dialect import Dialect, Direction, Field, Holds

__all__ = ["SIERRA_NEW", "SIERRA_UPDATE"]

_US = "%m/%d/%Y"
_WHO = (Field("patron_id", "Patron #"), Field("cardnumber", "Barcode"), Field("full_name", "Name"))
_OWED = (
    Field("total_due", "Amount Owed"),
    Field("item_cost", "Total Item Cost"),
    Field("first_charge", "Date 1st Fine Assessed", date=_US),
)

SIERRA_NEW = Dialect(
    name="sierra-new",
    title="Sierra collection agency report: new patrons",
    direction=Direction.OUTBOUND,
    holds=Holds.NEW,
    fields=(*_WHO, *_OWED, Field("change", "Status")),
    source="column names from Sierra's online help; delimiter, dates and amounts are assumed: compare your report",
    file_name="collection-new-{date}-{code}.csv",
)
"""The dialect `sierra-new`."""

SIERRA_UPDATE = evolve(
    SIERRA_NEW,
    name="sierra-update",
    title="Sierra collection agency report: updated and removed patrons",
    holds=Holds.UPDATE,
    fields=(*_WHO, *_OWED, Field("removed_on", "Date Removed", date=_US), Field("change", "Status")),
    file_name="collection-update-{date}-{code}.csv",
)
"""The dialect `sierra-update`: with the date of removal."""
