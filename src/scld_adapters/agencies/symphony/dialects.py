"""Symphony's collection files: one layout, three modes, and the only one that carries changes of cards.

The modes whose name begins with TEST- were run without effect, so their files are refused.
"""

from __future__ import annotations

from attrs import evolve

from scld_core.agency.dialect import Dialect, Direction, Field, Holds, Layout

__all__ = ["SYMPHONY_SUBMISSION", "SYMPHONY_UPDATE", "SYMPHONY_XML"]

SYMPHONY_XML = Dialect(
    name="symphony-xml",
    title="Symphony collection file: everybody in collection (SYNCHRONIZE)",
    direction=Direction.OUTBOUND,
    holds=Holds.SYNC,
    fields=(
        Field("patron_id", "key"),
        Field("full_name", "full_name", required=False),
        Field("surname", "last_name", required=False),
        Field("firstname", "first_name", required=False),
        Field("cardnumber", "id"),
        Field("previous_cards", "previous_id", required=False, repeats=True),
        Field("language", "language", required=False),
        Field("profile", "profile", required=False),
        Field("birth_date", "birthdate", date="%m/%d/%Y", required=False),
        Field("total_due", "amount_owed"),
    ),
    source=(
        "element names from key to birthdate, mode and created are in Symphony's online help; the names of the root "
        "<collections>, of <user> and <amount_owed>, and where the address stands, are assumed: ask for a sample"
    ),
    layout=Layout.XML,
    identity=("patron_id",),
    root="collections",
    record="user",
    marks={"mode": "SYNCHRONIZE"},
    created="created",
    created_as="%-m/%-d/%Y, %H:%M",
    file_name="debtsync-{date}-{code}.xml",
)
"""The dialect `symphony-xml`: the file that lists everybody."""

SYMPHONY_SUBMISSION = evolve(
    SYMPHONY_XML,
    name="symphony-xml-submission",
    title="Symphony collection file: new patrons (SUBMISSION)",
    holds=Holds.NEW,
    marks={"mode": "SUBMISSION"},
    file_name="debtcollect-{date}-{code}.xml",
)
"""The dialect `symphony-xml-submission`."""

SYMPHONY_UPDATE = evolve(
    SYMPHONY_XML,
    name="symphony-xml-update",
    title="Symphony collection file: changed balances (UPDATE)",
    holds=Holds.UPDATE,
    marks={"mode": "UPDATE"},
    file_name="debtupdate-{date}-{code}.xml",
)
"""The dialect `symphony-xml-update`."""
