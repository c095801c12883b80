"""Who and what goes into the next file of each kind; nothing is kept or sent here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve, frozen

from scld_core.agency.eligibility import REASONS, Assessment
from scld_core.agency.merge import Referred
from scld_core.agency.outgoing import Change, Outgoing
from scld_core.agency.referral import Duty, Episode, Happening, Obligation, obligations, open_episode, open_referrals
from scld_core.agency.referrals.batch import AREA, Lane, Line, SendOrder
from scld_core.agency.referrals.facts import Reader, Seen
from scld_core.agency.referrals.records import Book, Receipt
from scld_core.agency.states import ReferralEvent
from scld_core.fees.model import ChargeKind
from scld_core.kernel.decision import Verdict
from scld_core.kernel.money import Money
from scld_core.runs.model import ExceptionItem

__all__ = ["Draft", "choose_new", "choose_update", "twice_open"]

_TODO = {
    "notice_missing": "Send the notice that names the agency, or export the record of notices again.",
    "unresolved": "Enter the responsible adult in the ILS.",
    "unknown_age": "Enter the birth date in the ILS.",
    "past_window": "Decide whether debts that old are still referred.",
}


@frozen
class Draft:
    """The next file of a lane, the accounts it rests on, and who is for a person to look at."""

    order: SendOrder
    seen: Mapping[str, Seen]
    assessed: Mapping[str, Assessment]
    by_hand: tuple[ExceptionItem, ...] = ()

    def queued(self, book: Book, reader: Reader, receipt: Receipt) -> dict[str, Episode]:
        """The histories once the file is kept: of new referrals, or with the balances that are told.

        `receipt` says when, who, and which file it is.
        """
        if self.order.lane is Lane.NEW:
            return {line.referral: self._opened(line, reader, receipt) for line in self.order.lines}
        return {
            line.referral: book.episodes[line.referral].after(
                Happening(ReferralEvent.BALANCE_REPORTED, receipt.at, receipt.by, receipt.evidence, amount=line.amount)
            )
            for line in self.order.lines
        }

    def _opened(self, line: Line, reader: Reader, receipt: Receipt) -> Episode:
        return open_episode(
            self.assessed[line.referral],
            reader.terms.policy,
            id=line.referral,
            agency=self.order.agency,
            identifiers=line.identifiers,
            at=receipt.at,
            by=receipt.by,
        )

    def rows(self, reader: Reader) -> tuple[Outgoing, ...]:
        """The rows of the file, with name and address where the office knows them."""
        return tuple(
            reader.office.describe(_row(line, self.seen.get(line.referral), self.order, reader), line.debtor)
            for line in self.order.lines
        )


def _row(line: Line, seen: Seen | None, order: SendOrder, reader: Reader) -> Outgoing:
    gone = Duty.ZERO in line.duties or Duty.REMOVE in line.duties
    change = Change.NEW if order.lane is Lane.NEW else Change.REMOVED if gone else Change.UPDATED
    row = Outgoing(
        total_due=line.due,
        total_plus_fee=line.due + line.fee,
        amount_in_range=line.counted,
        patron_id=line.patron,
        removed_on=order.day if gone else None,
        change=change,
    )
    return row if seen is None else _described(row, line, seen, reader)


def _described(row: Outgoing, line: Line, seen: Seen, reader: Reader) -> Outgoing:
    patron, zone = seen.patron, reader.office.zone
    days = [one.charge.assessed_at.astimezone(zone).date() for one in seen.account.standings if one.outstanding]
    card = "" if patron.card is None else str(patron.card)
    return evolve(
        row,
        cardnumber=card,
        previous_cards=tuple(one for one in line.identifiers if one not in (card, line.patron)),
        branch="" if patron.home is None else str(patron.home),
        birth_date=patron.birth_date,
        most_recent_charge=max(days, default=None),
        first_charge=min(days, default=None),
        profile=patron.category,
    )


# New referrals.


def choose_new(book: Book, reader: Reader, *, only: Iterable[str] | None = None) -> Draft:
    """The patrons who may be referred on the day, by record number; `only` are the numbers to look at."""
    office = reader.office
    last = book.last(Lane.NEW)
    number = 0 if last is None else last.number
    wanted = None if only is None else set(only)
    of_patron: dict[str, list[Episode]] = defaultdict(list)
    for one in book.episodes.values():
        of_patron[one.patron].append(one)
    by_hand: list[ExceptionItem] = []
    found: dict[str, tuple[Seen, Assessment]] = {}
    for candidate in sorted(office.candidates(), key=lambda one: one.patron):
        seen = reader.see(candidate.patron) if wanted is None or candidate.patron.local in wanted else None
        if seen is None or seen.patron.id.local in found:
            continue
        local = seen.patron.id.local
        # An ended referral stays under the number it ended under, and an exemption outlives a merge.
        names = (local, *(gone.local for gone in seen.patron.merged_from))
        mine = Referred(candidate.exempt, tuple(one for name in names for one in of_patron.get(name, ())), local)
        referred = bool(open_referrals(mine.episodes, office.agency)) or _in_collection(seen, office.agency)
        back = (one.history[-1].at for one in mine.episodes if one.came_back and one.agency == office.agency)
        assessment = reader.assess(seen, exempt=mine.never_again, referred=referred, back=max(back, default=None))
        if assessment.eligible:
            found[local] = (seen, assessment)
        elif assessment.decision.verdict is Verdict.REFER:
            by_hand.append(_for_a_person(assessment, office.case(local)))
    lines = [
        _new_line(seen, assessment, f"{office.agency}-{number + 1:06d}-{place:04d}", reader)
        for place, (seen, assessment) in enumerate(found.values(), 1)
    ]
    order = SendOrder(office.agency, Lane.NEW, reader.terms.day, number, tuple(lines))
    pairs = dict(zip([line.referral for line in lines], found.values(), strict=True))
    return Draft(
        order,
        {key: seen for key, (seen, _) in pairs.items()},
        {key: assessment for key, (_, assessment) in pairs.items()},
        tuple(by_hand),
    )


def _in_collection(seen: Seen, agency: str) -> bool:
    """Whether the flag says so, whoever set it: what it stands for is at the agency, and is no new referral."""
    flag = seen.patron.flag
    return flag is not None and flag.agency in ("", agency)


def _new_line(seen: Seen, assessment: Assessment, referral: str, reader: Reader) -> Line:
    policy, due = reader.terms.policy, assessment.reported
    fee = policy.fee(due) if policy.reports(ChargeKind.AGENCY_FEE.value) else Money(0, due.currency)
    told = due + fee if reader.office.new.find("total_plus_fee") else due
    return Line(
        referral=referral,
        amount=told,
        due=due,
        fee=fee,
        counted=assessment.counted,
        notices=assessment.evidence,
        patron=assessment.patron,
        debtor=assessment.debtor,
        identifiers=seen.patron.known_as or (assessment.patron,),
    )


def _for_a_person(assessment: Assessment, case: str) -> ExceptionItem:
    why = "; ".join(reason.text(REASONS) for reason in assessment.decision.reasons)
    code = assessment.outcome.value
    return ExceptionItem(AREA, code, case, why, _TODO[code])


# Updates.


def choose_update(book: Book, reader: Reader, *, only: Iterable[str] | None = None) -> Draft:
    """What the agency has to be told of those it was told of before; `only` leaves out all other referrals.

    Of a referral whose receipt came today it is told from the next day on.
    """
    office = reader.office
    last = book.last(Lane.UPDATE)
    wanted = None if only is None else set(only)
    twice = twice_open(book, office.agency)
    mine = [
        one
        for one in book.episodes.values()
        if one.agency == office.agency
        and _known_there(one, reader)
        and one.patron not in twice
        and (wanted is None or one.id in wanted)
    ]
    seen = {one.id: found for one in mine if (found := reader.see(office.patron(one.patron))) is not None}
    balances = {one.patron: seen[one.id].balance for one in mine if one.id in seen}
    owed: dict[str, list[Obligation]] = defaultdict(list)
    for duty in obligations(mine, balances, reader.terms.policy):
        owed[duty.referral].append(duty)
    lines = [_told(book.episodes[key], duties) for key, duties in owed.items() if key in seen or _gone(duties)]
    by_hand = (*_unknown(owed, seen), *(_both(office.case(patron)) for patron in twice))
    order = SendOrder(office.agency, Lane.UPDATE, reader.terms.day, 0 if last is None else last.number, tuple(lines))
    return Draft(order, seen, {}, by_hand)


def _known_there(episode: Episode, reader: Reader) -> bool:
    days = (one.at for one in episode.history if one.event is ReferralEvent.DELIVERED)
    return any(at.astimezone(reader.office.zone).date() < reader.terms.day for at in days)


def twice_open(book: Book, agency: str) -> tuple[str, ...]:
    """Patrons with several open referrals to the agency, as merging two records leaves them."""
    count = Counter(one.patron for one in book.episodes.values() if one.agency == agency and one.is_open)
    return tuple(sorted(patron for patron, number in count.items() if number > 1))


def _told(episode: Episode, duties: list[Obligation]) -> Line:
    """One row for all duties of a referral; without a balance to tell, the one that the agency has at least."""
    kinds = tuple(one.duty for one in duties)
    balance = next((one.amount for one in duties if one.amount is not None), None)
    if Duty.REMOVE in kinds:
        balance = Money(0, episode.amount.currency)
    amount = next(one for one in (balance, episode.lowest_told, episode.amount) if one is not None)
    return Line(
        referral=episode.id,
        amount=amount,
        due=amount,
        fee=Money(0, amount.currency),
        counted=amount,
        duties=kinds,
        patron=episode.patron,
        debtor=episode.debtor,
        identifiers=episode.identifiers or (episode.patron,),
    )


def _unknown(owed: Mapping[str, list[Obligation]], seen: Mapping[str, Seen]) -> Iterator[ExceptionItem]:
    for key in owed:
        if key not in seen and not _gone(owed[key]):
            what = "The ILS does not know this patron any more, so nobody can say what is owed."
            todo = "Find the record; if the debt is gone, take the referral back."
            yield ExceptionItem(AREA, "balance_unknown", key, what, todo)


def _gone(duties: list[Obligation]) -> bool:
    return any(one.duty is Duty.REMOVE for one in duties)


def _both(case: str) -> ExceptionItem:
    what = "Two records that were merged both have an open referral to the agency; nothing is told or posted for them."
    return ExceptionItem(AREA, "two_referrals", case, what, "Take one of the referrals back.")
