"""From Koha's answers to our errors, where the HTTP status alone says the wrong thing.

=====================================  =================  =====================================================
answer                                 error              because (Koha 23.05 as observed)
=====================================  =================  =====================================================
403 "Invalid password"                 ServiceAuthError   a wrong Basic password is no missing permission
403 "access_denied" of the token       ServiceAuthError   a wrong client secret
403 with `required_permissions`        PermissionDenied   the account lacks what is named
403 without, on a write                Rejected           a rule of circulation: too many holds, no renewal
400, an unknown record it names        Rejected           and never a retry
409 with `conflict`                    Rejected           it names the field whose value is another's
404, "... not found" or a route        NotFound           a missing route is found at open
every other answer                     as for all         ``scld_adapters._shared.faults``
=====================================  =================  =====================================================

Of Koha's words a reason that is known is repeated and nothing else: they may hold a patron's name or number.
"""

from __future__ import annotations

import re
from datetime import datetime

from scld_adapters._shared.faults import Call, classify
from scld_adapters._shared.http import Response
from scld_adapters.koha.wire import decode_problem
from scld_core.errors import BackendError, PermissionDenied, Rejected, ServiceAuthError

__all__ = ["reason_of", "remote_error"]

_REASON = re.compile(r"Reason: ([A-Za-z_]{1,60})|\(([a-z_]{4,60})\)|Status=([A-Z])")
_FIELDS = frozenset({"cardnumber", "userid"})
_REASONS = frozenset(
    (
        "P",  # the three states of a hold for which an item is set aside
        "T",
        "W",
        "ageRestricted",
        "alreadypossession",
        "auto_renew",
        "auto_too_late",
        "auto_too_much_oweing",
        "auto_too_soon",
        "cannotReserveFromOtherBranches",
        "damaged",
        "itemAlreadyOnHold",
        "item_denied_renewal",
        "libraryNotFound",
        "libraryNotPickupLocation",
        "noReservesAllowed",
        "notReservable",
        "on_reserve",
        "onsite_checkout",
        "overdue",
        "recall",
        "recalled",
        "restriction",
        "tooManyHoldsForThisRecord",
        "tooManyReserves",
        "tooManyReservesToday",
        "too_many",
        "too_soon",
        "too_unseen",
    )
)
_PLAIN = (
    "Invalid password",
    "Authentication failure.",
    "access_denied",
    "Duplicate ID",
    "Missing library_id",
    "Given library_id does not exist",
    "Given category_id does not exist",
)


def reason_of(response: Response) -> str:
    """Why Koha refuses, in words that name nobody; blank where it says nothing that may be repeated."""
    said, conflict = decode_problem(response.body)
    if conflict in _FIELDS:
        return f"{conflict} is another's"
    found = _REASON.search(said)
    reason = "" if found is None else next(group for group in found.groups() if group)
    if reason in _REASONS:
        return reason
    return said if said in _PLAIN else ""


def remote_error(call: Call, response: Response, *, now: datetime) -> BackendError | None:
    """The error that an answer means for `call`, or None for 2xx."""
    status = response.status
    if status < 400:
        return classify(call, response, now=now)
    reason = reason_of(response)
    said = f"HTTP {status}" + (f": {reason}" if reason else "")
    if status == 403:
        if reason in ("Invalid password", "access_denied"):
            return call.error(ServiceAuthError, f"Koha refuses the account: {reason}")
        if b'"required_permissions"' in response.body:
            return call.error(PermissionDenied, "the account in Koha lacks a permission for this")
        return call.error(Rejected, said)
    if status == 400 or (status == 409 and b'"conflict"' in response.body):
        return call.error(Rejected, said)
    return classify(call, response, now=now, detail=reason)
