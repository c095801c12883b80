"""The comparison: every key of every side in exactly one row, in one order, whatever order the files had.

The agency's list and the sent file are held compactly, the ILS is streamed past them once, and the
rows of the result are made as they are asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import compress
from typing import Protocol

from attrs import evolve

from scld_core.agency.classify import Case, Scene, Terms, amount, classify
from scld_core.agency.files import SEPARATOR, PatronRows, PlainRow
from scld_core.agency.group import Draft, Grouping
from scld_core.agency.held import Held
from scld_core.agency.kinds import Kind
from scld_core.agency.match import Matcher
from scld_core.agency.model import (
    AgencyAccount,
    Basis,
    Booked,
    Finding,
    IlsPatron,
    Reading,
    Reconciliation,
    SentAccount,
)
from scld_core.errors import BadInput
from scld_core.kernel.time import EPOCH
from scld_core.runs.action import Progress, Stage, silent

__all__ = ["NO_FEE", "Aside", "Comparison", "MatchRow", "fees_of", "reconcile"]

NO_FEE = (1, 0)
"""In place of the fees of `fees_of`: nothing is a match without a closer look."""

MatchRow = tuple[int, str, str, int, int, int, str, str, date | None]
"""Line, patron, present card, cents and fee in the ILS; line, key, name and last day at the agency."""

_Readings = tuple[Reading[IlsPatron], Reading[AgencyAccount] | None, Reading[SentAccount] | None]


def reconcile(
    ils: Reading[IlsPatron],
    *,
    agency: Reading[AgencyAccount] | None = None,
    sent: Reading[SentAccount] | None = None,
    notices: Callable[[str], Sequence[date]] | None = None,
    events: Iterable[Booked] = (),
    terms: Terms = Terms(),  # noqa: B008 - a frozen value
    progress: Progress = silent,
    aside: Aside | None = None,
) -> Comparison:
    """Compare the ILS with what the agency holds, with what it was last told, or with both.

    At least one of `agency` and `sent` must be given; without the former the result is the drift
    since the sent file. `notices` gives the dates of a patron's lawful notices, `events` is what the
    ILS booked. The readings are exhausted, and patrons who stand twice are added to the ILS's
    quarantine. `aside` is what was found to match before and is not in the readings; see
    `agency.fast`. Raises FileRefused where a file cannot be used whole.
    """
    if agency is None and sent is None:
        raise BadInput(
            "reconcile", "has nothing to compare the ILS with", "Give the agency's list, the sent file, or both"
        )
    sides: list[Held] = []
    total = 1 + (agency is not None) + (sent is not None)
    if agency is not None:
        progress(Stage("read", 0, total, agency.source))
        sides.append(Held(agency.source, terms.removal))
        sides[0].add_accounts(agency.rows)
        sides[0].add_unread(agency.quarantined)
        sides[0].seal()
        listed_at = agency.as_of()
        if terms.stale_days is not None and listed_at is not None:
            sides[0].disturb(listed_at.date() - timedelta(days=terms.stale_days))
    if sent is not None:
        progress(Stage("read", len(sides), total, sent.source))
        sides.append(Held(sent.source, terms.removal))
        sides[-1].add_sent(sent.rows)
        sides[-1].add_unread(sent.quarantined)
        sides[-1].seal()
    progress(Stage("read", len(sides), total, ils.source))
    matcher = Matcher(*sides, fees=NO_FEE if notices else fees_of(terms))
    matcher.take(_plain(ils.rows))
    progress(Stage("compare", 0, 1))
    by_patron: dict[str, list[Booked]] = {}
    for one in events:
        by_patron.setdefault(one.patron, []).append(one)
    return Comparison(matcher, (ils, agency, sent), notices=notices, booked=by_patron, terms=terms, aside=aside)


def fees_of(terms: Terms) -> tuple[int, int]:
    """The least and the highest referral fee, in cents, about which nothing is to be said."""
    return (1, 2 * terms.fee - 1) if terms.fee else (0, 1 << 62)


class Aside(Protocol):
    """Rows that were found to match, or to be nobody's, before the rest was compared."""

    @property
    def matches(self) -> int:
        """How many pairs of rows match."""
        ...

    @property
    def not_referred(self) -> int:
        """How many patrons are not in collection."""
        ...

    @property
    def as_of(self) -> datetime | None:
        """The oldest time in a row of the ILS."""
        ...

    def rows(self) -> Iterator[MatchRow]:
        """The pairs, by patron."""
        ...


class Comparison:
    """The result: its rows as often as they are asked for, and the counts."""

    def __init__(
        self,
        matcher: Matcher,
        readings: _Readings,
        *,
        notices: Callable[[str], Sequence[date]] | None,
        booked: dict[str, list[Booked]],
        terms: Terms,
        aside: Aside | None,
    ) -> None:
        self._matcher, self._readings, self._terms, self._aside = matcher, readings, terms, aside
        self._drifting = readings[1] is None
        ils, agency, sent = readings
        grouping = Grouping(matcher, ils.quarantined, ils.source, drifting=self._drifting)
        self._drafts = sorted(grouping.drafts(), key=self._order)
        held, beside = matcher.held, matcher.sent
        sent_held = held if self._drifting else beside
        self._as_of = min(filter(None, (ils.as_of(), aside.as_of if aside else None)), default=None)
        others = (agency.as_of() if agency else None, sent.as_of() if sent else None)
        self._scene = Scene(
            Basis.DRIFT if self._drifting else Basis.RECONCILED,
            self._as_of or min(filter(None, others), default=EPOCH),
            *others,
            (ils.source, agency.source if agency else "", sent.source if sent else ""),
            notices,
            booked,
            (
                grouping.unplaced,
                held.unplaced(agency.quarantined) if agency is not None else 0,
                sent_held.unplaced(sent.quarantined) if sent is not None and sent_held is not None else 0,
            ),
            sent is not None,
        )
        self._counts: Counter[Kind] | None = None

    def findings(self) -> Iterator[Finding]:
        """Every row of the result by patron, then account; only patrons who are not in collection are left out."""
        aside = map(self._set_aside, self._aside.rows()) if self._aside is not None else ()
        return merge(self._looked_at(), self._matches(), aside, key=_sort_key)

    def differences(self) -> Iterator[Finding]:
        """The rows of `findings` that are no match."""
        return (found for found in self._looked_at() if found.kind is not Kind.MATCH)

    def _looked_at(self) -> Iterator[Finding]:
        """The rows that took a closer look, and all counts when they are through."""
        matcher = self._matcher
        counts = Counter({Kind.MATCH: sum(matcher.quick), Kind.NOT_REFERRED: matcher.not_referred})
        if self._aside is not None:
            counts += Counter({Kind.MATCH: self._aside.matches, Kind.NOT_REFERRED: self._aside.not_referred})
        for draft in self._drafts:
            found = self._finding(draft)
            counts[found.kind] += 1
            if found.kind is not Kind.NOT_REFERRED:
                yield found
        self._counts = counts

    def summary(self) -> Reconciliation:
        """How many rows there are of each kind, and what the result rests on."""
        if self._counts is None:
            for _ in self._looked_at():
                pass
        assert self._counts is not None  # noqa: S101 - set when the last row was made
        return Reconciliation(
            self._scene.basis,
            {kind: self._counts[kind] for kind in Kind if self._counts[kind]},
            tuple(one for reading in self._readings if reading for one in reading.quarantined),
            tuple(_not_made(self._readings, self._scene, self._terms)),
            self._as_of,
        )

    # One row.

    def _finding(self, draft: Draft) -> Finding:
        case = self._case(draft)
        if draft.doubt:
            return self._in_doubt(case, draft)
        if draft.history:
            found = classify(evolve(case, ils=None), self._terms, self._scene)
            patron = case.ils.patron if case.ils else ""
            return evolve(found, evidence=(*found.evidence, f"an ended account of patron {patron}"))
        return classify(case, self._terms, self._scene)

    def _case(self, draft: Draft) -> Case:
        held, sent = self._matcher.held, self._matcher.sent
        row = self._matcher.kept[draft.row] if draft.row >= 0 else None
        place = draft.place
        if self._drifting:
            account, told = None, held.sent(place) if place >= 0 else None
        else:
            account = held.account(place) if place >= 0 else None
            told = sent.sent(draft.sent) if sent is not None and draft.sent >= 0 else None
        return Case(_patron(row) if row else None, account, told, draft.changed, draft.unread)

    def _in_doubt(self, case: Case, draft: Draft) -> Finding:
        bare = classify(evolve(case, changed=False, unread=("",)), self._terms, self._scene)
        words = "cannot be told apart: " + ", ".join(draft.doubt)
        also = (Kind.MALFORMED,) if draft.unread else ()
        evidence = (*(one for one in bare.evidence if one), words, *draft.unread)
        return evolve(bare, kind=Kind.IDENTITY_AMBIGUOUS, also=also, evidence=evidence)

    def _order(self, draft: Draft) -> tuple[str, str, int]:
        """By patron, then account; by line where both are the same."""
        held, sent = self._matcher.held, self._matcher.sent
        line = sent.lines[draft.sent] if sent is not None and draft.sent >= 0 else 0
        return draft.patron, draft.account, held.lines[draft.place] if draft.place >= 0 else line

    # Plain matches, which are too many for a second look.

    def _matches(self) -> Iterator[Finding]:
        matcher, held = self._matcher, self._matcher.held
        by_card = {name: at for at, name in matcher.owners.items()}
        names = [name for name in compress(held.patrons, matcher.quick) if name]
        names += by_card
        names.sort()
        for name in names:
            at = by_card.get(name, -1)
            yield self._match(held.by_patron[name] if at < 0 else at)

    def _match(self, at: int) -> Finding:
        matcher = self._matcher
        line, patron, card, balance, _, fee, _ = matcher.quick_row(at)
        if self._drifting:
            row = matcher.held.sent(at)
            return self._matching((line, patron, card, balance, fee, 0, row.patron or row.card, "", None), row)
        account, partner = matcher.held.account(at), matcher.quick_partner(at)
        sent = matcher.sent.sent(partner) if matcher.sent is not None and partner >= 0 else None
        last = account.last_activity or account.listed_on
        found = (line, patron, card, balance, fee, account.line, account.account, account.name, last)
        return self._matching(found, sent)

    def _set_aside(self, row: MatchRow) -> Finding:
        return self._matching(row, None)

    def _matching(self, row: MatchRow, sent: SentAccount | None) -> Finding:
        line, patron, card, balance, fee, other, key, name, last = row
        money, scene = amount(balance), self._scene
        lines = (line, other, sent.line if sent else 0)
        return Finding(
            Kind.MATCH,
            patron,
            key,
            name,
            money,
            None if self._drifting else money,
            amount(sent.balance) if sent else None,
            (),
            tuple(f"{source}:{number}" for source, number in zip(scene.names, lines, strict=True) if number),
            max(0, (scene.other_at.date() - last).days) if last and scene.other_at else None,
            True,  # noqa: FBT003 - flagged, which a plain match is
            False,  # noqa: FBT003 - not exempt
            amount(fee),
            card,
        )


def _sort_key(finding: Finding) -> tuple[str, str]:
    return finding.patron or "", finding.account or ""


def _plain(rows: Iterator[IlsPatron]) -> Iterator[PlainRow]:
    if isinstance(rows, PatronRows):
        return rows.plain
    return (
        (
            one.line,
            one.patron,
            SEPARATOR.join(one.barcodes),
            one.balance,
            one.flagged,
            one.referral_fee,
            one.exempt,
        )
        for one in rows
    )


def _patron(row: PlainRow) -> IlsPatron:
    line, patron, cards, balance, flagged, fee, exempt = row
    return IlsPatron(line, balance, flagged, fee, exempt, patron, tuple(cards.split(SEPARATOR)) if cards else ())


def _not_made(readings: _Readings, scene: Scene, terms: Terms) -> Iterator[tuple[str, str]]:
    """The checks whose input is absent, each with what is absent."""
    _, agency, sent = readings
    if agency is None:
        seen_there = (Kind.DECEASED, Kind.BANKRUPT, Kind.DISPUTED, Kind.PAID_AGENCY_OPEN_ILS, Kind.BLOCK_STALE)
        for kind in (*seen_there, Kind.SENT_NOT_LISTED, Kind.LISTED_NOT_SENT, Kind.STALE):
            yield kind.value, "no list of the agency was given"
    elif sent is None:
        for kind in (Kind.SENT_NOT_LISTED, Kind.LISTED_NOT_SENT):
            yield kind.value, "no sent file was given"
    yield Kind.MINOR.value, "the ILS snapshot has no birth dates; eligibility judges minors before a referral"
    if not terms.fee:
        for kind in (Kind.FEE_MISSING, Kind.FEE_DUPLICATE):
            yield kind.value, "no referral fee is set"
    if scene.notices is None:
        yield Kind.NOTICE_MISSING.value, "no notices were given"
    yield from _no_limit(readings, scene, terms)


def _no_limit(readings: _Readings, scene: Scene, terms: Terms) -> Iterator[tuple[str, str]]:
    """Why nothing is called stale, and what is under way has no limit."""
    _, agency, sent = readings
    if agency is not None and terms.stale_days is None:
        yield Kind.STALE.value, "stale_days is not set"
    elif agency is not None and scene.agency_at is None:
        yield Kind.STALE.value, f"{agency.source} does not say when it was made"
    way = f"{Kind.IN_FLIGHT.value} age"
    if terms.in_flight_days is None:
        yield way, "in_flight_days is not set, so only what came after the other side's state explains a difference"
    elif sent is not None and agency is not None and scene.sent_at is None:
        yield way, f"{sent.source} does not say when it was made, so what it tells explains nothing"
