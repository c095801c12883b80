"""Evergreen's user_balance_summary: each user in collection, with the whole record and the balance."""

from __future__ import annotations

from scld_core.agency.dialect import Dialect, Direction, Field, Holds, Layout

__all__ = ["EVERGREEN_BALANCE_SUMMARY"]

EVERGREEN_BALANCE_SUMMARY = Dialect(
    name="evergreen-balance-summary",
    title="Evergreen balance summary of users in collection",
    direction=Direction.OUTBOUND,
    holds=Holds.SYNC,
    fields=(
        Field("patron_id", "au/id"),
        Field("surname", "au/family_name", required=False),
        Field("firstname", "au/first_given_name", required=False),
        Field("cardnumber", "au/card/ac/barcode", required=False),
        Field("phone", "au/day_phone", required=False),
        Field("email", "au/email", required=False),
        Field("total_due", "Transactions/BalanceOwed"),
    ),
    source="public source code of Evergreen, Application/Collections.pm and Utils/Fieldmapper.pm; no file was seen",
    layout=Layout.XML,
    identity=("patron_id",),
    root="Collections",
    record="User",
    file_name="user_balance_{date}-{code}.xml",
)
"""The dialect `evergreen-balance-summary`; earlier cards, addresses and transactions in it are passed over."""
