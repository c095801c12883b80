"""The sentences of the hotspots area: reasons, exceptions and what to do about each."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["NOUNS", "REASONS", "TEXTS", "TODO", "VERBS"]

VERBS: Mapping[str, str] = {
    "hotspots.suspend": "Suspend",
    "hotspots.restore": "Restore",
    "hotspots.terminate": "End the line of",
}

NOUNS: Mapping[str, str] = {
    "hotspots.suspend": "A suspension",
    "hotspots.restore": "A restore",
    "hotspots.terminate": "The end of the line",
}

REASONS: Mapping[str, str] = {
    "on_loan": "On loan and not due: due {due}.",
    "in_grace": "Due {due}; still within the grace of {grace} open days.",
    "overdue": "Due {due}, {days} open days overdue; the grace is {grace}.",
    "returned": "Checked in {since}.",
    "in_transit": "Checked in and in transit {since}.",
    "on_hold_shelf": "Checked in and on the hold shelf {since}.",
    "lost_unpaid": "Declared lost {since}, not paid.",
    "lost_long": "Declared lost {since}, not paid, and past the day on which its line should end.",
    "lost_paid": "Lost and paid {since}: the line has no further use.",
    "claims_returned": "Claimed returned {since}; nobody has it at hand.",
    "missing": "Missing {since}.",
    "withdrawn": "Withdrawn {since}.",
    "unreadable": "The ILS says {word!r}, which is no state that we know.",
    "drift": "The line is not in the state we last confirmed ({last}).",
    "unconfirmed": "{asked} was asked for on {since} and never confirmed, so it may be done: look at the line first.",
    "confirmed_late": "{asked} asked for on {since} was confirmed only after another step was: look at the line first.",
    "resumed_unseen": "Suspended on {last}: by now the carrier has ended that by itself.",
    "undo": "Takes back run {run}.",
    "household_limit": "The household holds {held}; the limit is {limit}.",
    "cooling_off": "The household may borrow again from {until}.",
    "service_test_due": "Restored {restored} and not tested since: switch it on, join its network, load a page.",
    "still_suspended": "Its line is suspended.",
    "service_test_failed": "Its service test of {tested} failed: find out why, mend it and test again.",
    "already_so": "The facts now ask for nothing: {now}.",
    "device_changed": "The inventory no longer has this line for this item.",
    "facts_old": "The item was last read {as_of}, which is too long ago.",
    "facts_unavailable": "The item could not be read again.",
}

TEXTS: Mapping[str, str] = {
    **REASONS,
    **VERBS,
    "hotspots.suspend.done": "Suspended",
    "hotspots.restore.done": "Restored",
    "hotspots.terminate.done": "Ended the line of",
    "hotspots.subject": "hotspot",
    "hotspots.duty": "hotspots",
    "pending_suspend": "Being suspended:",
    "pending_restore": "Being restored:",
}
"""Everything a report needs to speak of this area."""

TODO: Mapping[str, str] = {
    "not_at_carrier": "Compare the SIM card with the inventory; a lost SIM must be reported to the carrier.",
    "line_twice": "Ask the carrier which of the lines is real.",
    "sim_swapped": "Look at the SIM card in the device and correct the inventory or the carrier's record.",
    "not_in_ils": "Look the barcode up in the ILS; correct the inventory if the item is gone.",
    "unreadable": "Look at the item in the ILS; tell us in district.toml what that status word means.",
    "unknown_word": "Look at the line in the carrier's portal; tell us in district.toml what its word means.",
    "terminated_but_needed": "The line has ended while the item is in use: order a new line, or withdraw the item.",
    "undone_today": "It is left alone until tomorrow, because a run was undone today.",
    "budget": "Nothing more can be done for this line today; the next run goes on.",
    "suspended_too_long": "The carrier will refuse or resume it: decide whether to end the line (needs approval).",
    "pending_too_long": "On the worklist: do it and tick it. At the carrier: ask it to finish or drop the request, "
    "or do it in the portal; the next run sees either.",
    "pending_not_ours": "Ask who did this in the portal, else the carrier; the line is left alone until it is over.",
    "stranger": "Find its device, perhaps in an unusable row of the inventory, or ask the carrier to end it.",
    "inventory_row": "Correct this row of the inventory; its hotspot is left alone until then.",
    "carrier_down": "Its hotspots were left alone; run again when that is mended (scld probe tells).",
    "carrier_row": "Ask the carrier about this row of its list.",
    "ils_row": "Correct this row of the extract, or make a new one.",
    "service_test_due": "Before it leaves: switch it on, join its network, load a page, and record the test.",
    "service_test_failed": "Look at the SIM card, the battery and the line in the portal; when it works, test again "
    "and record that. If it never will, tell your supervisor: it is of no use to a patron.",
    "resume_soon": "The carrier will resume this line by itself; the next run after that suspends it again.",
}
