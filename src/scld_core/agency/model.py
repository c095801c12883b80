"""What the three files say, row by row, and what comparing them found.

Rows of a file are slotted records without validators: a consortium has millions of them, and each
was checked where it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from enum import Enum
from typing import Generic, TypeVar

from attrs import field, frozen

from scld_core.agency.kinds import MEANINGS, Kind, Side
from scld_core.kernel.money import Money
from scld_core.kernel.page import Quarantined
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, instant, optional

__all__ = [
    "REPEATS",
    "AccountStatus",
    "AgencyAccount",
    "Basis",
    "Booked",
    "Finding",
    "IlsPatron",
    "Reading",
    "Reconciliation",
    "SentAccount",
]

T_co = TypeVar("T_co", covariant=True)

REPEATS = "repeats line "
"""How the reason of a quarantined row begins that only says again what a row in use says."""


class AccountStatus(Enum):
    """What the agency does with an account; a word that no dialect declares is quarantined, not guessed."""

    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"
    DISPUTED = "disputed"
    BANKRUPT = "bankrupt"
    DECEASED = "deceased"


class Basis(Enum):
    """What was compared: without the agency's own list, nothing is ever called reconciled."""

    RECONCILED = "reconciled"
    DRIFT = "drift since last sync"


@frozen
class Reading(Generic[T_co]):
    """A file being read: its rows once, in the file's order, and what of it could not be used.

    `quarantined` and `as_of` are complete once `rows` is exhausted; a row whose patron or account
    could still be read carries it in `key`. `as_of` is when the file was made, None where nothing tells.
    """

    source: str
    rows: Iterator[T_co]
    quarantined: list[Quarantined]
    as_of: Callable[[], datetime | None] = field(default=lambda: None, repr=False)


@frozen
class IlsPatron:
    """One row of the ILS snapshot. Amounts in cents; `barcodes` has the present card first."""

    line: int
    balance: int
    flagged: bool
    referral_fee: int
    exempt: bool
    patron: str = personal()
    barcodes: tuple[str, ...] = personal()


@frozen
class AgencyAccount:
    """One row of the agency's own list (inbound). `patron` and `card` are our numbers as the agency has them."""

    line: int
    status: AccountStatus
    balance: int
    account: str = personal()
    patron: str = personal(default="")
    card: str = personal(default="")
    name: str = personal(default="")
    listed_on: date | None = None
    last_activity: date | None = None
    close_reason: str = ""


@frozen
class SentAccount:
    """One row of a file that we sent (outbound): whom, and which balance we told. Cents."""

    line: int
    balance: int
    patron: str = personal(default="")
    card: str = personal(default="")


@frozen
class Booked:
    """What the ILS booked on one patron's account at one instant: a charge, or less than nothing for a payment."""

    at: datetime = field(validator=instant)
    cents: int = field(validator=instance(int))
    patron: str = personal(validator=instance(str))


@frozen
class Finding:
    """One row of the result: what each side says of one patron, the kind, and what follows.

    `delta` is ILS less agency (less the sent file when there is no agency list), None unless both
    have an amount. `evidence` names lines of files, keys and dates, never a name. `age_days` counts
    from the agency's last activity, or its listing; of an IN_FLIGHT row from what explains it.
    `account` is the agency's own key, or the key that we sent where there is no list of the agency.
    `flagged`, `exempt`, `fee` and the present `card` are what the ILS says of the patron. MALFORMED
    among `also` says that a row which could not be read might be the missing other side.
    """

    kind: Kind = field(validator=instance(Kind))
    patron: str | None = personal(default=None, validator=optional(instance(str)))
    account: str | None = personal(default=None, validator=optional(instance(str)))
    name: str = personal(default="", validator=instance(str))
    ils: Money | None = None
    agency: Money | None = None
    sent: Money | None = None
    also: tuple[Kind, ...] = field(default=(), validator=each(instance(Kind)))
    evidence: tuple[str, ...] = ()
    age_days: int | None = None
    flagged: bool = False
    exempt: bool = False
    fee: Money | None = None
    card: str = personal(default="")

    @property
    def delta(self) -> Money | None:
        """ILS less agency, or less the sent file where no list of the agency was given."""
        other = self.agency if self.agency is not None else self.sent
        return None if self.ils is None or other is None else self.ils - other

    @property
    def side(self) -> Side:
        """Where the suggested action is carried out."""
        side = MEANINGS[self.kind].side
        if Kind.MALFORMED in self.also or (self.kind in _LAWFUL and Kind.NOTICE_MISSING in self.also):
            return Side.HAND
        return Side.WAIT if side is Side.AGENCY and Kind.IN_FLIGHT in self.also else side


_LAWFUL = (Kind.SENT_NOT_LISTED, Kind.ILS_ONLY, Kind.FEE_MISSING)
"""What is mended by sending or charging, which the law allows after a notice only."""


@frozen
class Reconciliation:
    """The counts of one comparison, and what it rests on.

    `counts` has every kind that occurs, NOT_REFERRED included; the findings themselves are streamed.
    `not_made` names each check whose input is absent, with the reason. `unexplained` is the headline.
    """

    basis: Basis
    counts: dict[Kind, int]
    quarantined: tuple[Quarantined, ...] = ()
    not_made: tuple[tuple[str, str], ...] = ()
    as_of: datetime | None = None

    @property
    def unexplained(self) -> int:
        """How many rows differ without an explanation."""
        return sum(count for kind, count in self.counts.items() if not MEANINGS[kind].explained)
