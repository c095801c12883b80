"""What the rows of one patron say together: the kinds that apply, and the evidence for each.

Pure functions of the rows, the terms of the district and what is known of the files. Owed is the
balance in the ILS where it is above the removal limit; a credit owes nothing. In collection means
flagged, or with a referral fee. An account of the agency is open in every status but paid and
closed; without a list of the agency, what it was last told stands for its account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from attrs import field, frozen

from scld_core.agency.kinds import Kind
from scld_core.agency.model import AccountStatus, AgencyAccount, Basis, Booked, Finding, IlsPatron, SentAccount
from scld_core.kernel.money import Money
from scld_core.kernel.validate import at_least, instance, instant, optional

__all__ = ["ENDED", "Case", "Scene", "Terms", "amount", "classify", "kinds_of"]

Said = tuple[Kind, str]
"""A kind that applies, and its evidence, blank where the rows themselves show it."""

amount = lru_cache(maxsize=1 << 14)(Money)
"""An amount by its cents; most of a file's amounts come again."""

ENDED = (AccountStatus.PAID, AccountStatus.CLOSED)
"""Statuses in which the agency no longer collects."""

_ORDER = {kind: place for place, kind in enumerate(Kind)}
_HOLDS = {
    AccountStatus.DECEASED: Kind.DECEASED,
    AccountStatus.BANKRUPT: Kind.BANKRUPT,
    AccountStatus.DISPUTED: Kind.DISPUTED,
}
_SENDING = (Kind.SENT_NOT_LISTED, Kind.ILS_ONLY)


@frozen
class Terms:
    """What the district has decided; a check whose value is None is not made, and the result says so.

    referral_fee: what a referral adds to the account.
    removal_at_or_below: a balance up to this amount counts as settled; None for zero.
    stale_days: days without activity after which the agency is asked.
    in_flight_days: days after which what is under way no longer explains a difference.
    notice_days: days from the lawful notice to the referral (RCW 19.16.500(2)).
    """

    referral_fee: Money | None = field(default=None, validator=optional(instance(Money)))
    removal_at_or_below: Money | None = field(default=None, validator=optional(instance(Money)))
    stale_days: int | None = field(default=None, validator=optional(at_least(0)))
    in_flight_days: int | None = field(default=None, validator=optional(at_least(0)))
    notice_days: int = field(default=30, validator=at_least(0))

    @property
    def removal(self) -> int:
        """The removal limit in cents."""
        return self.removal_at_or_below.cents if self.removal_at_or_below else 0

    @property
    def fee(self) -> int:
        """The referral fee in cents; 0 where there is none, or none is known."""
        return self.referral_fee.cents if self.referral_fee else 0


@frozen
class Scene:
    """What is known of the files as a whole: their names and times, and rows that nobody could place.

    `agency_at` and `sent_at` are None where there is no such file or nothing tells when it was made;
    `has_sent` says whether there is a sent file. `notices` gives the dates of a patron's lawful
    notices, `booked` what the ILS booked, by patron. `unplaced` counts the rows of ILS, agency and
    sent file that are in quarantine and fit no row of another file.
    """

    basis: Basis = field(validator=instance(Basis))
    ils_at: datetime = field(validator=instant)
    agency_at: datetime | None = field(default=None, validator=optional(instant))
    sent_at: datetime | None = field(default=None, validator=optional(instant))
    names: tuple[str, str, str] = ("ILS", "agency", "sent")
    notices: Callable[[str], Sequence[date]] | None = field(default=None, repr=False)
    booked: Mapping[str, Sequence[Booked]] = field(factory=dict[str, Sequence[Booked]], repr=False)
    unplaced: tuple[int, int, int] = (0, 0, 0)
    has_sent: bool = True

    @property
    def other_at(self) -> datetime | None:
        """When the other side was true: the agency's list, else the sent file; None where it does not tell."""
        return self.sent_at if self.basis is Basis.DRIFT else self.agency_at


@frozen
class Case:
    """The rows of one patron, at most one of each file; `changed` where only an older number joins them.

    `unread` says which rows of the same patron could not be read: then nothing is concluded.
    """

    ils: IlsPatron | None = None
    account: AgencyAccount | None = None
    sent: SentAccount | None = None
    changed: bool = False
    unread: tuple[str, ...] = ()


def classify(case: Case, terms: Terms, scene: Scene) -> Finding:
    """The case as one row: its kind by precedence, the other kinds, and the evidence of all of them."""
    look = _Look(case, terms, scene)
    said = _judged(look)
    kinds = [kind for kind, _ in said]
    ils, account, sent = case.ils, case.account, case.sent
    return Finding(
        kinds[0],
        ils.patron if ils else None,
        account.account if account else _sent_key(case, scene),
        account.name if account else "",
        amount(ils.balance) if ils else None,
        amount(account.balance) if account else None,
        amount(sent.balance) if sent else None,
        tuple(sorted(kinds[1:], key=_ORDER.__getitem__)),
        (*look.lines(), *(text for _, text in said if text)),
        look.under_way if kinds[0] is Kind.IN_FLIGHT else look.quiet_days(),
        bool(ils and ils.flagged),
        bool(ils and ils.exempt),
        amount(ils.referral_fee) if ils else None,
        ils.barcodes[0] if ils and ils.barcodes else "",
    )


def kinds_of(case: Case, terms: Terms, scene: Scene) -> tuple[Kind, ...]:
    """Every kind that applies to the case, the first of them its own."""
    return tuple(kind for kind, _ in _judged(_Look(case, terms, scene)))


def _judged(look: _Look) -> list[Said]:
    if look.case.unread:
        return [(Kind.MALFORMED, "; ".join(look.case.unread))]
    said = sorted(dict(look.said()).items(), key=lambda one: _ORDER[one[0]])
    if not said:
        return [(Kind.NOT_REFERRED if look.not_referred() else Kind.MATCH, "")]
    # Out of its order on purpose: the missing side may be there and unreadable, or may not.
    return [*said, *((Kind.MALFORMED, doubt) for doubt in look.doubt(said[0][0]))]


def _sent_key(case: Case, scene: Scene) -> str | None:
    """What we called the account, where the agency's own key is not known and somebody needs one."""
    if case.sent and (scene.basis is Basis.DRIFT or case.ils is None):
        return case.sent.patron or case.sent.card
    return None


class _Look:
    """One case under examination."""

    def __init__(self, case: Case, terms: Terms, scene: Scene) -> None:
        ils, account, sent = case.ils, case.account, case.sent
        limit = terms.removal
        self.case, self.terms, self.scene = case, terms, scene
        self.drift = scene.basis is Basis.DRIFT
        self.owed = ils.balance if ils and ils.balance > limit else 0
        self.flagged = bool(ils and ils.flagged)
        self.collecting = bool(ils and (ils.flagged or ils.referral_fee))
        self.exempt = bool(ils and ils.exempt)
        self.told = bool(sent and sent.balance > limit)  # our last file said that something is owed
        self.told_settled = bool(sent and not self.told)
        self.open = self.told if self.drift else bool(account and account.status not in ENDED)
        self.under_way = 0  # days since what explains an IN_FLIGHT row, once that is known
        self.theirs = max(0, account.balance if account else sent.balance if sent else 0)

    # What applies.

    def said(self) -> Iterator[Said]:
        """The kinds that apply, each with its evidence."""
        if self.case.changed and self.open:  # of an ended account nobody needs the present numbers
            yield Kind.IDENTITY_CHANGED, "joined by a number that is not the present one"
        if self.open:
            yield from self._holds()
            yield from self._open() if self.case.ils else self._stranger()
            yield from self._long_quiet()
            if self.scene.has_sent and not self.case.sent and not self._foreign():
                yield Kind.LISTED_NOT_SENT, f"{self.scene.names[2]} does not have it"
        elif self.case.ils is None:
            if self.told and not self.case.account:
                yield Kind.AGENCY_ONLY, f"{self.scene.names[2]} lists it; ILS and agency do not"
        elif self.owed:
            yield from self._owing_and_not_open()
        elif self.told and not self.case.account:
            yield Kind.PAID_ILS_OPEN_AGENCY, f"{self.scene.names[2]} says that something is owed"
        elif self.flagged:
            yield (Kind.BLOCK_STALE if self.case.account else Kind.FLAG_ONLY), ""

    def not_referred(self) -> bool:
        """Whether nobody but the ILS knows the patron, who is not in collection there."""
        return not (self.collecting or self.case.account or self.case.sent) and self.case.ils is not None

    def _foreign(self) -> bool:
        """Whether the agency has somebody whom we neither know to be in collection nor told it of."""
        return self.case.ils is None or bool(self.owed and not self.collecting)

    def _holds(self) -> Iterator[Said]:
        account = self.case.account
        if account and account.status in _HOLDS:
            yield _HOLDS[account.status], ""

    def _stranger(self) -> Iterator[Said]:
        """Open at the agency, and no patron of the ILS."""
        yield self._unless_told(Kind.AGENCY_ONLY, "the ILS has no such patron")

    def _open(self) -> Iterator[Said]:
        """Open at the agency, and a patron of the ILS."""
        if self.exempt:
            kind, evidence = self._unless_told(Kind.EXEMPT_BUT_SENT, "")
            yield from {Kind.EXEMPT_BUT_SENT: "", kind: evidence}.items()
        if not self.owed:
            yield self._unless_told(Kind.PAID_ILS_OPEN_AGENCY, "")
            return
        if not self.collecting and not self.told:
            yield self._unless_told(Kind.AGENCY_ONLY, "neither flag nor referral fee in the ILS")
        elif not self.flagged and not self.exempt:
            yield Kind.REFERRAL_WITHOUT_FLAG, ""
        if not self.exempt:  # whose account must go, whatever it says
            yield from self._amounts()
        if self.collecting or self.told:
            yield from self._fee()
            yield from self._notice()

    def _owing_and_not_open(self) -> Iterator[Said]:
        """Something is owed, and the agency has no open account."""
        account = self.case.account
        if account is None and self.told:
            yield Kind.SENT_NOT_LISTED, f"{self.scene.names[1]} does not list it"
        elif not self.collecting:
            return
        elif account and (why := _why_closed(account)):
            yield why, self._closed(account)
            return
        elif account:
            yield Kind.ILS_ONLY, self._closed(account)
        else:
            yield Kind.ILS_ONLY, f"{self.scene.names[2]} says that nothing is owed" if self.told_settled else ""
        if not self.flagged and not self.exempt:
            yield Kind.REFERRAL_WITHOUT_FLAG, ""
        yield from self._fee()
        yield from self._notice()

    def _amounts(self) -> Iterator[Said]:
        if self.owed == self.theirs:
            return
        found = ((self._days(at), at, words) for at, words in self._explanations())
        explained = next(((days, words) for days, at, words in found if self._explains(days, at)), None)
        if explained:
            self.under_way = explained[0] or 0
            yield Kind.IN_FLIGHT, explained[1]
        elif not self.drift and not self.theirs and self.collecting:
            yield Kind.PAID_AGENCY_OPEN_ILS, "open at the agency with nothing owed"
        else:
            higher = Kind.BALANCE_HIGHER_ILS if self.owed > self.theirs else Kind.BALANCE_HIGHER_AGENCY
            yield higher, "; ".join(self._overdue())

    def _fee(self) -> Iterator[Said]:
        ils, fee = self.case.ils, self.terms.fee
        if ils is None or not fee or self.exempt:
            return
        if not ils.referral_fee and not (self.case.account and self.case.account.status in _HOLDS):
            yield Kind.FEE_MISSING, ""
        if ils.referral_fee >= 2 * fee:
            yield Kind.FEE_DUPLICATE, f"referral fees of {Money(ils.referral_fee)} where one is {Money(fee)}"

    def _notice(self) -> Iterator[Said]:
        ils, account, notices = self.case.ils, self.case.account, self.scene.notices
        if ils is None or notices is None or self.exempt:
            return
        # Where nobody says since when the agency has it, it had it on the day on which it last did something.
        listed = (account.listed_on or account.last_activity) if account and self.open else None
        day = listed or ((self.scene.other_at if self.open else None) or self.scene.ils_at).date()
        latest = day - timedelta(days=self.terms.notice_days)
        if not any(sent <= latest for sent in notices(ils.patron)):
            yield Kind.NOTICE_MISSING, f"no lawful notice on or before {latest.isoformat()}"

    def _long_quiet(self) -> Iterator[Said]:
        days, limit = self.quiet_days(), self.terms.stale_days
        if days is not None and limit is not None and days > limit:
            yield Kind.STALE, f"no activity for {_spell(days)}"

    # What is under way.

    def _unless_told(self, kind: Kind, evidence: str) -> Said:
        """The kind, or that the agency was told already and has not answered yet."""
        if not self.told_settled or self.drift:
            return kind, evidence
        days, words = self._days(self.scene.sent_at), self._sent_words("told that nothing is owed")
        if self._explains(days, self.scene.sent_at):
            self.under_way = days or 0
            return Kind.IN_FLIGHT, words
        return kind, "; ".join(filter(None, (evidence, f"{words}: {_too_long(days)}")))

    def _overdue(self) -> Iterator[str]:
        """What would explain the difference, were it not that old."""
        for at, words in self._explanations():
            yield f"{words}: {_too_long(self._days(at))}"

    def _explanations(self) -> Iterator[tuple[datetime | None, str]]:
        sent, since = self.case.sent, self._since()
        if not self.drift and sent and sent.balance == self.owed and self.theirs:
            yield self.scene.sent_at, self._sent_words("told this balance")
        if since and sum(one.cents for one in since) == self.owed - self.theirs:
            first = min(one.at for one in since)
            yield first, f"{len(since)} booked since, the first on {first.date().isoformat()}"

    def _since(self) -> list[Booked]:
        """What was booked after the other side's state was taken, up to the ILS snapshot."""
        ils, start, end = self.case.ils, self.scene.other_at, self.scene.ils_at
        if ils is None or start is None:
            return []
        return [one for one in self.scene.booked.get(ils.patron, ()) if start < one.at <= end]

    def _explains(self, days: int | None, at: datetime | None) -> bool:
        """Whether what was told or booked then explains a difference still.

        Where the district sets a limit, for so many days: the other side needs some to act on it. Where
        it sets none, only what came after the other side's state was taken. What has no age explains nothing.
        """
        limit, taken = self.terms.in_flight_days, self.scene.other_at
        if days is None or at is None:
            return False
        return days <= limit if limit is not None else taken is not None and at > taken

    def _days(self, moment: datetime | None) -> int | None:
        return None if moment is None else max(0, (self.scene.ils_at - moment).days)

    def quiet_days(self) -> int | None:
        """Days from the agency's last activity, or its listing, to its list; None where one of them is not known."""
        account, until = self.case.account, self.scene.other_at
        last = (account.last_activity or account.listed_on) if account else None
        return max(0, (until.date() - last).days) if last and until else None

    # In words.

    def doubt(self, kind: Kind) -> Iterator[str]:
        """Why the kind may rest on a row that is there and could not be read."""
        unread_ils, unread_agency, unread_sent = self.scene.unplaced
        if kind is Kind.AGENCY_ONLY:
            side, count = (2, unread_sent) if self.case.ils else (0, unread_ils)
        elif kind in (*_SENDING, Kind.FLAG_ONLY):
            side, count = (2, unread_sent) if self.drift else (1, unread_agency)
        else:
            return
        if count:
            rows, one = ("1 row", "it") if count == 1 else (f"{count:,} rows", "one of them")
            yield f"{rows} of {self.scene.names[side]} could not be read, and this may be {one}"

    def lines(self) -> Iterator[str]:
        """Where the rows stand."""
        rows = (self.case.ils, self.case.account, self.case.sent)
        yield from (f"{name}:{row.line}" for name, row in zip(self.scene.names, rows, strict=True) if row)

    def _closed(self, account: AgencyAccount) -> str:
        when = f" on {account.last_activity.isoformat()}" if account.last_activity else ""
        why = f" ({account.close_reason})" if account.close_reason else ""
        return f"{account.status.value} at the agency{when}{why}"

    def _sent_words(self, what: str) -> str:
        day = self.scene.sent_at.date().isoformat() if self.scene.sent_at else "an unknown day"
        return f"{what} by {self.scene.names[2]} of {day}"


def _why_closed(account: AgencyAccount) -> Kind | None:
    """For what a person must look at an account that the agency has ended, rather than be sent again as new."""
    if account.status is AccountStatus.PAID:
        return Kind.PAID_AGENCY_OPEN_ILS
    said = account.close_reason.casefold()
    return next((kind for kind, words in _CLOSED_FOR if any(word in said for word in words)), None)


_CLOSED_FOR = (
    (Kind.BANKRUPT, ("bankrupt", "chapter 7", "chapter 11", "chapter 13")),
    (Kind.DECEASED, ("deceased", "death", "estate")),
    (Kind.DISPUTED, ("disput", "cease", "identity theft", "fraud", "litigat", "attorney")),
    (Kind.PAID_AGENCY_OPEN_ILS, ("paid", "payment in full", "settled in full", "pif")),
)
"""Parts of the words in which agencies say why an account ended; none of them publishes a list."""


def _spell(days: int) -> str:
    return "1 day" if days == 1 else f"{days:,} days"


def _too_long(days: int | None) -> str:
    return "nobody knows when" if days is None else f"{_spell(days)} ago, too long to explain it"
