"""The text of a new district.toml: for a library to fill in, or complete for the sample."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

__all__ = ["AGENCY_VALUES", "DESK_VALUES", "POLICY_VALUES", "district_toml"]

POLICY_VALUES: tuple[tuple[str, str, str], ...] = (
    ("grace_days", "2", "open days after the due date before service stops"),
    ("max_fact_age_minutes", "240", "facts older than this stop the run"),
    ("lost_terminate_after_days", "60", "days after an item was declared lost until its line should end"),
    ("pending_limit_hours", "48", "how long a carrier or an operator may take before it is an exception"),
    ("max_batch_count", "{batch}", "more risky steps than this in one run must be confirmed"),
    ("max_batch_fraction", "0.5", "and so must more than this part of all hotspots"),
    ("max_missing_fraction", "0.2", "a system's list that lacks more than this part of ours is refused"),
    ("per_household", "1", "hotspots one household may hold"),
    ("cooling_off_hours", "24", "hours between a household's return and its next hotspot"),
)
"""Policy keys without a sourced default: name, the sample's value, what it decides."""

AGENCY_VALUES: tuple[tuple[str, str, str, str], ...] = (
    ("agency", "referral_fee_cents", "1000", "the fee that a referral adds to an account"),
    ("agency", "removal_cents", "0", "a balance up to this is reported as settled"),
    ("agency", "in_flight_days", "14", "how long what is under way explains a difference"),
    ("agency", "stale_days", "365", "how long the agency may do nothing before it is asked"),
    ("agency_day", "max_fact_age_minutes", "10080", "files older than this, a week, stop the run"),
    ("agency_day", "max_missing_fraction", "0.2", "a file that lacks more than this part of the other is refused"),
    ("agency_day", "max_batch_count", "25", "more risky rows than this in one run must be confirmed"),
    ("agency_day", "max_batch_fraction", "0.5", "and so must more than this part of the accounts"),
)
"""Policy keys of the agency's part of the day: table, name, the sample's value, what it decides."""

DESK_VALUES: tuple[tuple[str, str, str, str], ...] = (
    ("circulation", "renew_from", '"today"', "whether a renewal counts from today or from the day it was due"),
    ("circulation", "claim_search_days", "[1, 7, 28]", "days after a claim on which the shelves are searched"),
    ("circulation", "claims_before_manager", "2", "from so many claims of a patron on a manager decides"),
    ("holds", "shelf_days", "7", "open days for which an item waits on the hold shelf"),
    ("holds", "inactive_categories", '["online"]', "the ILS's categories of people who registered online"),
    (
        "patrons",
        "guardian_access",
        '{ amount_owed = ["childs_card", "child_present"], titles = ["child_present"] }',
        "by which evidence a responsible adult is told something of a child's record",
    ),
    ("patrons", "guardian_must_be_liable", "true", "whether only who answers for the loans may ask"),
    ("patrons", "verification_failures", "3", "failures of one patron on one day that lock a channel"),
    ("patrons", "verification_locks", '["phone", "web"]', "the channels that are locked then"),
    ("patrons", "household_kinds", '["street"]', "kinds of address that make a household"),
    (
        "patrons",
        "duplicate_weights",
        "{ same_name = 40, other_name = -60, same_birth_date = 40, other_birth_date = -60, same_phone = 15 }",
        "points for what two records have in common or apart",
    ),
    ("patrons", "duplicate_same", "80", "points from which on two records are one patron"),
    ("patrons", "duplicate_possible", "40", "points from which on a person compares them"),
    ("patrons", "duplicate_block", "200", "records that share one trait and are still compared"),
    ("patrons", "placeholder_birth_dates", "[1900-01-01]", "dates that stand for an unknown one"),
    ("cards", "signature_below", "18", "age below which a responsible adult signs"),
    ("cards", "valid_months", "{ resident = 36, property_owner = 36, reciprocal = 12 }", "how long a card lasts"),
    ("cards", "valid_days", "{ online = 14 }", "how long one from online lasts"),
    ("cards", "max_owed_cents", "1000", "who owes more gets no renewal"),
    ("cards", "categories", '{ resident = "adult" }', "the ILS's own word for a kind of card, where it has another"),
    ("cards", "ranges", '{ cheney = ["2900000010000-2900000019999"] }', "each library's card numbers"),
)
"""Policy keys of the desks: table, name, the sample's value, what it decides."""

_HEAD = """\
# {title}

# Which areas `scld day` applies by itself; the others wait for `scld apply`.
auto_apply = [{auto}]

[district]
name = "{name}"
timezone = "America/Los_Angeles"
profile = "spokane-county"{fixed}

[store]
use = "sqlite"
file = "district.sqlite"
"""

_SAMPLE_BACKENDS = """
# The sample's ILS shares the store; its carrier is a simulation whose state lies in this folder.
[backends.main]
use = "embedded"

[backends.carrier]
use = "simulated"
"""

_OWN_BACKENDS = """
# Your ILS, from an export (`scld extract ILS hotspot-loans` prints how to make it).
# [backends.main]
# use = "files"
# path = "extracts/*.csv"

# Your carrier. `scld plugins` lists what is installed: kajeet, thingspace, portal-csv ...
# [backends.carrier]
# use = "portal-csv"
# export = "exports/*.csv"       # the portal's list of lines, saved here each morning
# extracted_at = "name"          # its time is in its name: lines-2026-10-05T0730.csv
# columns = { imei = "IMEI", iccid = "ICCID", status = "Status" }
# words = { "Active" = "active", "Suspended" = "suspended" }
# expires_hours = 24             # a bulk file may be uploaded so long
"""

_HOTSPOTS = """
# One row for each device: item,barcode,imei,iccid,msisdn,carrier,home,model
[hotspots]
inventory = "hotspots.csv"
"""

_AGENCY = """
# What the ILS and the collection agency say, saved here each morning; of the files that fit, the newest counts.
[agency]
snapshot = "agency/ils*.csv"
inbound = "agency/inbound*.csv"
dialect = "agency-export"
sent = "agency/last-sync*.csv"
sent_dialect = "koha-ums-sync"
notices = "agency/notices*.csv"
"""

_CALENDAR = """
# Open hours; a grace of two days counts only days on which a library is open.{mark}
[[calendar.hours]]
monday = [[10:00:00, 20:00:00]]
tuesday = [[10:00:00, 20:00:00]]
wednesday = [[10:00:00, 20:00:00]]
thursday = [[10:00:00, 20:00:00]]
friday = [[10:00:00, 18:00:00]]
saturday = [[10:00:00, 18:00:00]]
"""

_PEOPLE = """
# Who may do what, by login name. Ending a line always needs an approval.
[roles]
{roles}

[approval]
roles = ["supervisor"]
other_actor = true
"""


def district_toml(name: str, *, sample_day: date | None = None, scale: int = 1, agency: bool = False) -> str:
    """A district.toml; with `sample_day` complete and marked as a sample, else with keys commented out.

    With `agency` the day of a sample has the collection agency too, whose files have to be there.
    """
    sample = sample_day is not None
    head = _HEAD.format(
        title="Synthetic sample district: every record and every value marked 'sample' is made up"
        if sample
        else "A library district. Values without a sourced default are commented out: set them",
        name=name,
        auto=('"hotspots", "agency"' if agency else '"hotspots"') if sample else "",
        fixed=f"\nsample = true\ntoday = {sample_day.isoformat()}  # sample: the day this district stands at"
        if sample_day
        else "",
    )
    lines = [
        "",
        "# What your district decides; no value here has a source that would make a default.",
        "[policy.hotspots]",
    ]
    for key, value, meaning in POLICY_VALUES:
        shown = value.format(batch=25 * scale)
        lines.append(f"{key} = {shown}  # sample value: {meaning}" if sample else f"# {key} =   # {meaning}")
    lines += _values(AGENCY_VALUES) if agency else []
    lines += _values(DESK_VALUES) if sample else [f"# {line}" if line else "" for line in _open(DESK_VALUES)]
    people = _PEOPLE.format(
        roles='sample-associate = ["associate"]\nsample-supervisor = ["supervisor"]  # sample value'
        if sample
        else '# jdoe = ["associate"]\n# mroe = ["supervisor"]'
    )
    calendar = _CALENDAR.format(mark=" Sample values." if sample else "")
    with_agency = _AGENCY if agency else "" if sample else _commented(_AGENCY)
    if not sample:
        calendar = _commented(calendar)
    return (
        head
        + (_SAMPLE_BACKENDS if sample else _OWN_BACKENDS)
        + _HOTSPOTS
        + with_agency
        + calendar
        + people
        + "\n".join(lines)
        + "\n"
    )


def _commented(text: str) -> str:
    return "\n".join(f"# {line}" if line and line[0] != "#" else line for line in text.splitlines()) + "\n"


def _values(rows: Sequence[tuple[str, str, str, str]]) -> list[str]:
    found: list[str] = []
    for table in dict.fromkeys(row[0] for row in rows):
        found += ["", f"[policy.{table}]"]
        found += [f"{key} = {shown}  # sample value: {why}" for of, key, shown, why in rows if of == table]
    return found


def _open(rows: Sequence[tuple[str, str, str, str]]) -> list[str]:
    """The same without values, for a library to fill in."""
    found: list[str] = []
    for table in dict.fromkeys(row[0] for row in rows):
        found += ["", f"[policy.{table}]"]
        found += [f"{key} =   # {why}" for of, key, _, why in rows if of == table]
    return found
