"""The canonical list of an agency's accounts: what an export is brought to when its columns vary."""

from __future__ import annotations

from scld_core.agency.columns import AS_OF, INBOUND
from scld_core.agency.dialect import Dialect, Direction, Field, Holds
from scld_core.agency.statuses import STATUS_WORDS

__all__ = ["AGENCY_EXPORT"]

_OPTIONAL = ("patron_id", "cardnumber", "name", "listed_on", "last_activity", "close_reason", AS_OF)

AGENCY_EXPORT = Dialect(
    name="agency-export",
    title="List of an agency's accounts",
    direction=Direction.INBOUND,
    holds=Holds.ACCOUNTS,
    fields=tuple(Field(name, name, required=name not in _OPTIONAL) for name in (*INBOUND, AS_OF)),
    source="scld's own columns; what an agency's client site exports has others, see scld agency map",
    statuses=STATUS_WORDS,
    file_name="agency-accounts-{date}.csv",
)
"""The dialect `agency-export`."""
