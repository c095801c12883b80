"""Koha's files for Unique Management Services: new submissions, updates and the list of everybody.

Two ways of writing amounts stand in one file: what counted towards the referral has thousands
commas, the totals of a new submission have none, and the amount of an update has them again.
"""

from __future__ import annotations

from scld_core.agency.dialect import Dialect, Direction, Empty, Field, Holds, MoneyForm

__all__ = ["KOHA_UMS_NEW", "KOHA_UMS_SYNC", "KOHA_UMS_UPDATE"]

_SOURCE = (
    "public source code of the plugins koha-plugin-unique-management-gentle-nudge and "
    "koha-plugin-ums-gentle-nudge-multi; the agency's own description is not public, so ask it for a sample"
)

_WHO = (
    Field("patron_id", "borrowernumber"),
    Field("surname", "surname"),
    Field("firstname", "firstname"),
    Field("cardnumber", "cardnumber"),
)

KOHA_UMS_NEW = Dialect(
    name="koha-ums-new",
    title="Koha to Unique Management: new submissions",
    direction=Direction.OUTBOUND,
    holds=Holds.NEW,
    fields=(
        *_WHO,
        Field("address", "address"),
        Field("address2", "address2"),
        Field("city", "city"),
        Field("zipcode", "zipcode"),
        Field("state", "state"),
        Field("phone", "phone"),
        Field("mobile", "mobile"),
        Field("alt_phone_1", "Alt Ph 1"),
        Field("alt_phone_2", "Alt Ph 2"),
        Field("branch", "branchcode"),
        Field("adult_or_child", "Adult or Child"),
        Field("birth_date", "dateofbirth"),
        Field("most_recent_charge", "Most recent charge"),
        Field("amount_in_range", "Amt_In_Range", money=MoneyForm.GROUPED),
        Field("total_due", "Total_Due"),
        Field("total_plus_fee", "Total_Plus_Fee"),
        Field("email", "email"),
    ),
    source=_SOURCE,
    empty=Empty.SENTENCE,
    sentence="No qualifying records",
    file_name="ums-new-submissions-{date}-{code}.csv",
)
"""The dialect `koha-ums-new`: 21 columns."""

_BALANCE = (*_WHO, Field("total_due", "Due", money=MoneyForm.GROUPED))

KOHA_UMS_UPDATE = Dialect(
    name="koha-ums-update",
    title="Koha to Unique Management: changed balances",
    direction=Direction.OUTBOUND,
    holds=Holds.UPDATE,
    fields=_BALANCE,
    source=_SOURCE,
    empty=Empty.SENTENCE,
    sentence="No qualifying records",
    file_name="ums-updates-{date}-{code}.csv",
)
"""The dialect `koha-ums-update`: five columns, those who have just come to zero among them."""

KOHA_UMS_SYNC = Dialect(
    name="koha-ums-sync",
    title="Koha to Unique Management: everybody in collection",
    direction=Direction.OUTBOUND,
    holds=Holds.SYNC,
    fields=_BALANCE,
    source=_SOURCE,
    empty=Empty.SENTENCE,
    sentence="No qualifying records",
    file_name="ums-sync-{date}-{code}.csv",
)
"""The dialect `koha-ums-sync`: the columns of an update, with everybody who is flagged."""
