"""What the referral run works with: the agency's dialects and channel, the ILS, and what holds today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_core.agency.dialect import Dialect
from scld_core.agency.limits import AgencyLimits
from scld_core.agency.outgoing import Outgoing
from scld_core.agency.policy import AgencyPolicy
from scld_core.agency.ports import AgencyChannel
from scld_core.agency.referrals.batch import Lane
from scld_core.fees.ports import Fees
from scld_core.kernel.actor import Actor
from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.time import Clock
from scld_core.kernel.validate import instance, instant, matching, nonempty, optional
from scld_core.patrons.ports import Patrons
from scld_core.runs.ports import Store

__all__ = ["Candidate", "Office", "Terms"]

_by_dialect = matching(lambda dialect: isinstance(dialect, Dialect) and bool(dialect.file_name), "needs a file_name")


@frozen
class Candidate:
    """A patron who owes something, and whether a note on the account exempts it from collection."""

    patron: PatronId = personal(validator=instance(PatronId))
    exempt: bool = field(default=False, validator=instance(bool))


@frozen
class Terms:
    """What holds at an instant: the business day, the policy with its version, and the limits."""

    day: date = field(validator=instance(date))
    now: datetime = field(validator=instant)
    policy: AgencyPolicy = field(validator=instance(AgencyPolicy))
    limits: AgencyLimits = field(validator=instance(AgencyLimits))
    version: str = ""


def _as_it_is(row: Outgoing, debtor: str) -> Outgoing:
    del debtor
    return row


def _no_claims() -> frozenset[ItemId]:
    return frozenset()


def _nothing_hidden(patron: str) -> str:
    del patron
    return "a patron"


@frozen
class Office:
    """One agency, one ILS, and the way between them.

    `ils` is the instance name of the ILS. `candidates` lists whoever owes something; `notices` gives
    the look-up of lawful notices (`notices.assignment_notices`). `describe` adds name and address to a
    row, given the debtor's record number; what it adds goes into the file only. `case` gives the name
    under which pages speak of a patron.

    `claimed` gives the items that a patron says to have brought back, as long as that is open: what was
    charged for them is left out.

    `by_hand` is set for a channel that only puts the file on a person's worklist: nothing has left
    before that person says so. `receipt_settles` says whether the receipt of an update counts as the
    agency's acknowledgement; where it does not, everything is told again until `ReferralDesk.acknowledge`.
    `send_empty` says whether a file without a row is sent on a send day. `code` goes into file names.
    """

    agency: str = field(validator=nonempty)
    ils: str = field(validator=nonempty)
    store: Store = field(repr=False)
    clock: Clock = field(repr=False)
    actor: Actor
    zone: ZoneInfo
    patrons: Patrons = field(repr=False)
    fees: Fees = field(repr=False)
    channel: AgencyChannel = field(repr=False)
    terms: Callable[[], Terms] = field(repr=False)
    candidates: Callable[[], Iterable[Candidate]] = field(repr=False)
    notices: Callable[[], Callable[[str], Sequence[date]]] = field(repr=False)
    new: Dialect = field(repr=False, validator=_by_dialect)
    update: Dialect = field(repr=False, validator=_by_dialect)
    code: str = field(default="", validator=optional(instance(str)))
    by_hand: bool = False
    receipt_settles: bool = True
    send_empty: bool = False
    describe: Callable[[Outgoing, str], Outgoing] = field(default=_as_it_is, repr=False)
    claimed: Callable[[], frozenset[ItemId]] = field(default=_no_claims, repr=False)
    case: Callable[[str], str] = field(default=_nothing_hidden, repr=False)

    def dialect(self, lane: Lane) -> Dialect:
        """How that kind of file is written."""
        return self.new if lane is Lane.NEW else self.update

    def patron(self, local: str) -> PatronId:
        """The record id of a number of this ILS."""
        return PatronId(self.ils, local)
