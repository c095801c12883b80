"""For the Customer Service Manager: what waits, for whom, since when, why, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from scld_core.agency.referral import Episode
from scld_core.agency.states import ReferralState
from scld_core.kernel.privacy import Revealed, reveal
from scld_core.reporting.audience import Asked, Audience
from scld_core.reporting.model import (
    Badge,
    Callout,
    Cell,
    Column,
    Figure,
    Kind,
    Personal,
    Prose,
    Report,
    Row,
    Section,
    Table,
    Tone,
)
from scld_core.services.agency_reports.kept import Kept, KeptFile, read_kept
from scld_core.services.agency_reports.morning import Morning, look
from scld_core.services.agency_reports.page import counted, page
from scld_core.services.agency_reports.queue import Numbers, Waits, Work, queue
from scld_core.services.privacy import journalled

if TYPE_CHECKING:
    from scld_core.wiring import Desk

__all__ = ["agency_work", "work_table"]

_TITLES: Mapping[Waits, str] = {
    Waits.APPROVAL: "Waits for an approval",
    Waits.PERSON: "Waits for a person",
    Waits.AGENCY: "Waits for the agency",
    Waits.SYSTEM: "Waits for the next run or the next extract",
}
_AGES = ((7, "up to 7 days"), (30, "8 to 30"), (90, "31 to 90"), (10**9, "over 90"))
_UNKNOWN = "not known"
_DAYS = "In days, since it was begun here; by hand, since the agency last did something on the account, or listed it."
_FOR = {
    Audience.CUSTOMER_SERVICE: "Customer service",
    Audience.FINANCE: "Finance",
    Audience.IT: "IT",
}
_S = ReferralState
_STANDS: Mapping[ReferralState, tuple[Badge, str]] = {
    _S.QUEUED: (
        Badge("in a file", Tone.ATTENTION),
        "The receipt of its file is awaited; until then nothing is posted.",
    ),
    _S.SENT: (Badge("sent"), "The agency is to take it on."),
    _S.ACTIVE: (Badge("active"), "The agency works on it."),
    _S.ON_HOLD: (Badge("on hold", Tone.ATTENTION), "Nothing is done until a person releases it. Cause:"),
    _S.PAID_PENDING_REPORT: (Badge("settled"), "The next update tells the agency that nothing is owed."),
    _S.REMOVED_PENDING_ACK: (Badge("taken back"), "The agency is to acknowledge it."),
}
_NO_REFERRAL = "No referral is kept here. Accounts that were referred by another program stand in the comparison alone."
_CONFIDENTIAL = Callout(
    "This page has numbers of patrons and accounts; each of them is a line in the journal. Keep it among those who do "
    "this work (RCW 42.56.310).",
    title="Confidential",
)
_MASKED = "Nobody's number is on this page. With --reveal it shows them, and the journal says who looked and why."

Show = Callable[[str, Numbers], Cell]
"""What a page shows of somebody's numbers; None where it has no place for them."""


def agency_work(desk: Desk, asked: Asked) -> Report:
    """The work queue. With a purpose it has the numbers that a person needs to find an account."""
    morning, kept = look(desk), read_kept(desk)
    rows = queue(desk, morning)
    show = _shower(desk, asked)
    groups = {waits: [row for row in rows if row.waits is waits] for waits in Waits}
    sections = [_ages(groups), *(_section(waits, mine, show) for waits, mine in groups.items())]
    return page(
        desk,
        "Collection agency: work queue",
        "what waits, the oldest first",
        figures=_figures(groups, kept),
        callouts=(*morning.callouts, *((_CONFIDENTIAL,) if show else ())),
        sections=(*sections, _referrals(kept, morning, desk.clock.now(), show), _unusable(morning)),
        footer=() if show else (_MASKED,),
    )


def _shower(desk: Desk, asked: Asked) -> Show | None:
    """How the numbers are shown, None where nobody has a purpose; every look is in the journal before."""
    purpose = asked.purpose
    if purpose is None:
        return None
    write, lines = journalled(desk.store, desk.clock), list[Revealed]()

    def audit(line: Revealed) -> None:
        write(line)
        lines.append(line)

    def show(case: str, numbers: Numbers) -> Cell:
        name = "account" if numbers.account else "patron"
        if not getattr(numbers, name):
            return None
        number = reveal(numbers, name, actor=desk.actor.id, purpose=purpose, record=case, audit=audit)
        return Personal(f"{name} {number}", lines[-1])

    return show


def _figures(groups: Mapping[Waits, Sequence[Work]], kept: Kept) -> tuple[Figure, ...]:
    people = [*groups[Waits.APPROVAL], *groups[Waits.PERSON]]
    oldest = max((row.days for row in people if row.days is not None), default=None)
    open_ = sum(episode.is_open for episode in kept.episodes.values())
    loose = sum(row.unexplained for rows in groups.values() for row in rows)
    return (
        Figure(
            "Unexplained differences",
            loose,
            Tone.BAD if loose else Tone.GOOD,
            "found since the last run; run the day" if loose else "each difference is settled, waits or is listed here",
            Waits.SYSTEM.value,
        ),
        Figure(
            "Things that wait for your people",
            len(people),
            Tone.ATTENTION if people else Tone.GOOD,
            "to approve, to enter, or to decide" if people else "Nothing waits for anybody here.",
            "ages",
        ),
        Figure("For an approval", len(groups[Waits.APPROVAL]), section=Waits.APPROVAL.value),
        Figure("For a person", len(groups[Waits.PERSON]), section=Waits.PERSON.value),
        Figure("For the agency", len(groups[Waits.AGENCY]), section=Waits.AGENCY.value),
        Figure("The oldest", "-" if oldest is None else counted(oldest, "day"), section="ages"),
        Figure("Open referrals", open_, section="referrals"),
    )


def _ages(groups: Mapping[Waits, Sequence[Work]]) -> Section:
    names = [name for _, name in _AGES] + [_UNKNOWN]
    counts = {waits: Counter(_age(row.days) for row in rows) for waits, rows in groups.items() if rows}
    rows: list[Row] = [(_TITLES[w], *(c[name] for name in names), c.total()) for w, c in counts.items()]
    if rows:
        whole = sum(counts.values(), Counter[str]())
        rows.append(("All", *(whole[name] for name in names), whole.total()))
    columns = (
        Column("What", names_row=True),
        *(Column(name.capitalize(), Kind.NUMBER) for name in names),
        Column("Together", Kind.NUMBER),
    )
    table = Table("How long it has waited", columns, tuple(rows))
    return Section("ages", "How long it has waited", _DAYS if rows else "", (table,), empty="Nothing waits.")


def _age(days: int | None) -> str:
    return _UNKNOWN if days is None else next(name for limit, name in _AGES if days <= limit)


def _section(waits: Waits, rows: Sequence[Work], show: Show | None) -> Section:
    title = _TITLES[waits]
    return Section(waits.value, title, tables=(work_table(title, rows, show),), empty="Nothing.")


def work_table(caption: str, rows: Iterable[Work], show: Show | None = None) -> Table:
    """Rows of the queue as a table; with the numbers only where there is a way to show them."""
    columns = (
        Column("Days", Kind.NUMBER),
        Column("Case", Kind.ID, names_row=True),
        *((Column("Number", Kind.ID),) if show else ()),
        Column("What and why"),
        Column("What to do next"),
        Column("For"),
    )
    return Table(caption, columns, tuple(_row(row, show) for row in rows))


def _row(row: Work, show: Show | None) -> Row:
    what = Prose((row.what,), (*row.why, *filter(None, (row.where,))))
    number = (show(row.case, row.numbers),) if show else ()
    return (row.days, row.case, *number, what, row.then, _FOR[row.audience])


def _referrals(kept: Kept, morning: Morning, now: datetime, show: Show | None) -> Section:
    """Every open referral, the one that has stood as it is for longest first."""
    files = kept.submitted
    open_ = sorted((e for e in kept.episodes.values() if e.is_open), key=lambda e: (e.history[-1].at, e.id))
    columns = (
        Column("Days", Kind.NUMBER),
        Column("Referral", Kind.ID, names_row=True),
        *((Column("Number", Kind.ID),) if show else ()),
        Column("Stands", Kind.BADGE),
        Column("Submitted", Kind.MONEY),
        Column("Fee", Kind.MONEY),
        Column("What to know"),
    )
    rows: list[Row] = []
    for episode in open_:
        case = morning.case_of_patron(episode.patron)
        number = (show(case, Numbers(episode.patron)),) if show else ()
        known = Prose(_known(episode), (case, *_in_file(files.get(episode.id))))
        days = (now - episode.history[-1].at).days
        rows.append((days, episode.id, *number, _STANDS[episode.state][0], episode.amount, episode.fee, known))
    table = Table("Open referrals, the longest unchanged first", columns, tuple(rows))
    empty = "Every referral has ended." if kept.episodes else _NO_REFERRAL
    return Section("referrals", "Open referrals", tables=(table,), empty=empty)


def _known(episode: Episode) -> tuple[str, ...]:
    text = _STANDS[episode.state][1]
    causes = ", ".join(sorted(cause.value for cause in episode.causes))
    return (f"{text} {causes}." if causes else text,)


def _in_file(found: tuple[KeptFile, int] | None) -> Iterator[str]:
    if found is not None:
        one, place = found
        yield f"row {place} of {one.batch.evidence}, {'with' if one.receipt else 'without'} a receipt"


def _unusable(morning: Morning) -> Section:
    """What keeps the queue from being whole."""
    facts = morning.facts
    notes: list[str] = []
    if facts is not None:
        bad = sum(len(source.quarantined) for source in facts.sources)
        if bad:
            notes.append(f"{counted(bad, 'row')} of the files could not be used: scld report agency-batches DIR")
        notes += [f"{name} was not checked: {why}." for name, why in facts.summary.not_made]
    return Section("not-here", "What this page cannot tell", notes=tuple(notes), empty="Nothing is left out.")
