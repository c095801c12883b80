"""What the ILS says of a patron, and what that makes happen to the referrals of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta

from attrs import evolve, field, frozen

from scld_core.agency.eligibility import AccountFacts, Assessment, ChargeFact, assess
from scld_core.agency.policy import AgencyPolicy
from scld_core.agency.posting import BLOCK
from scld_core.agency.referral import Episode, Happening, Shown, fee_key
from scld_core.agency.referrals.office import Office, Terms
from scld_core.agency.referrals.records import after
from scld_core.agency.states import ReferralEvent, Resolution
from scld_core.errors import NotFound
from scld_core.fees.ledger import Account
from scld_core.fees.model import ChargeKind, EntryKind, LegalClass
from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.money import Money
from scld_core.patrons.person import Patron
from scld_core.runs.guards import check_age
from scld_core.runs.model import Facts

__all__ = ["Reader", "Seen", "happened", "shown"]

_ENDS = (
    (EntryKind.PAYMENT, Resolution.PAID),
    (EntryKind.REDUCTION, Resolution.PAID),
    (EntryKind.WAIVER, Resolution.WAIVED),
)


@frozen
class Seen:
    """A patron and the account, and the balance that the agency should have."""

    patron: Patron
    account: Account
    balance: Money


@frozen
class Reader:
    """Reads the ILS once for each patron; raises StaleFacts for an answer older than the limit."""

    office: Office
    terms: Terms
    notices: Callable[[str], Sequence[date]]
    claimed: frozenset[ItemId] = frozenset()
    _known: dict[str, Seen | None] = field(factory=dict[str, Seen | None], init=False, repr=False)

    @classmethod
    def of(cls, office: Office, terms: Terms) -> Reader:
        """A reader that knows nothing yet."""
        return cls(office, terms, office.notices(), office.claimed())

    def see(self, patron: PatronId) -> Seen | None:
        """The patron that the record is by now; None for one whom the ILS does not know."""
        if patron.local not in self._known:
            try:
                self._known[patron.local] = self._read(patron)
            except NotFound:
                self._known[patron.local] = None
        return self._known[patron.local]

    def names(self, numbers: Iterable[str]) -> frozenset[str]:
        """All record numbers under which these patrons may be kept, those of merged records included."""
        found: set[str] = set()
        for number in numbers:
            seen = self.see(self.office.patron(number))
            merged = () if seen is None else (seen.patron.id, *seen.patron.merged_from)
            found |= {number, *(one.local for one in merged)}
        return frozenset(found)

    def owned(self, local: str) -> Seen:
        """The patron of a record number that was seen before; NotFound for another one."""
        seen = self.see(self.office.patron(local))
        if seen is None:
            raise NotFound(self.office.ils, "get", "no patron with this id")
        return seen

    def _read(self, patron: PatronId) -> Seen:
        found = self.office.patrons.get(patron)
        account = self.office.fees.account(found.id)
        for source, as_of in (("patrons", found.as_of), ("accounts", account.as_of)):
            limit = timedelta(minutes=self.terms.limits.max_fact_age_minutes)
            check_age(Facts(f"{self.office.ils} {source}", as_of, 1, live=False), self.terms.now, limit)
        return Seen(found, account, self._balance(found, account))

    def _balance(self, patron: Patron, account: Account) -> Money:
        """What was lawfully announced and is told, and the referral fees, which were announced with it."""
        policy = self.terms.policy
        told = assess(self._facts(patron, account, fees=False), policy, self.terms.day).reported
        if policy.reports(ChargeKind.AGENCY_FEE.value):
            for standing in account.standings:
                if standing.charge.legal_class is LegalClass.COLLECTION_COST:
                    told = told + standing.outstanding
        return told

    def _facts(self, patron: Patron, account: Account, *, fees: bool) -> AccountFacts:
        zone = self.office.zone
        charges = tuple(
            ChargeFact(one.charge.kind.value, one.outstanding, one.charge.assessed_at.astimezone(zone).date())
            for one in account.standings
            if (fees or one.charge.legal_class is not LegalClass.COLLECTION_COST)
            and (one.charge.item is None or one.charge.item not in self.claimed)
        )
        adult = patron.responsible_adult
        local = [day for one in (patron.id, *patron.merged_from) for day in self.notices(one.local)]
        return AccountFacts(
            charges,
            tuple(sorted(set(local))),
            patron.category,
            patron=patron.id.local,
            birth_date=patron.birth_date,
            responsible_adult=None if adult is None else adult.local,
        )

    def assess(self, seen: Seen, *, exempt: bool, referred: bool, back: datetime | None = None) -> Assessment:
        """Whether the patron may be referred on the day; `referred` is one who is in collection already.

        `back` is when a referral came back unpaid.
        """
        facts = evolve(
            self._facts(seen.patron, seen.account, fees=True),
            exempt=exempt,
            open_referral=referred,
            back_on=None if back is None else back.astimezone(self.office.zone).date(),
        )
        return assess(facts, self.terms.policy, self.terms.day, version=self.terms.version)

    @property
    def read(self) -> tuple[Seen, ...]:
        """Everything read so far."""
        return tuple(seen for seen in self._known.values() if seen is not None)


def happened(episode: Episode, seen: Seen, policy: AgencyPolicy, *, by: str) -> Episode:
    """With what the ILS shows to have happened since: other numbers, settled, owing again."""
    at = seen.account.as_of
    evidence = f"account, {len(episode.history)} events before"
    numbers = tuple(dict.fromkeys((*seen.patron.known_as, *episode.identifiers)))
    if episode.is_open and (seen.patron.id.local, numbers) != (episode.patron, episode.identifiers):
        if seen.patron.id.local != episode.patron:
            numbers = tuple(dict.fromkeys((*numbers, episode.patron)))
        renamed = Happening(
            ReferralEvent.IDENTITY_CHANGED,
            at,
            by,
            evidence,
            patron=seen.patron.id.local,
            identifiers=numbers or (seen.patron.id.local,),
        )
        episode = after(episode, renamed)
    if policy.settled(seen.balance):
        return after(episode, Happening(ReferralEvent.SETTLED, at, by, evidence, resolution=_resolution(episode, seen)))
    return after(episode, Happening(ReferralEvent.OWES_AGAIN, at, by, evidence))


def _resolution(episode: Episode, seen: Seen) -> Resolution:
    """By what was posted since the patron was selected; nothing paid and nothing waived was returned and cleared."""
    since = episode.history[0].at
    kinds = {entry.kind for entry in seen.account.entries if entry.at >= since}
    return next((end for kind, end in _ENDS if kind in kinds), Resolution.RETURNED_AND_CLEARED)


def shown(seen: Seen, episodes: Iterable[Episode], charged: frozenset[str]) -> Shown:
    """What the ILS shows of the referrals; `charged` are those whose fee a receipt is kept of.

    A flag that somebody set for a referral of another house is not ours to end.
    """
    ids = [one.id for one in episodes]
    flag = seen.patron.flag
    account = seen.account
    return Shown(
        flag is not None and (not flag.referral or flag.referral in ids),
        seen.patron.blocked_for(BLOCK) is not None,
        frozenset(one for one in ids if account.posted_with(fee_key(one))) | charged,
        frozenset(one for one in ids if account.posted_with(f"{fee_key(one)}:reversed")),
    )
