"""One referral as the fold of its history, and what follows from it: in the ILS, and for the agency.

Nothing here is carried out. `owed_effects` compares what the ILS shows with what the history asks
for, so a crash between two effects leaves the second one owed. `obligations` compares what the
agency has acknowledged with what is true now, so a lost file or listener leaves the duty standing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum

from attrs import evolve, field, frozen

from scld_core.agency.eligibility import Assessment, HoldCause
from scld_core.agency.policy import AgencyPolicy
from scld_core.agency.states import OPEN, ReferralEvent, ReferralState, Resolution, referral_states
from scld_core.errors import InvalidValue
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, instant, nonempty, optional

__all__ = [
    "Duty",
    "Effect",
    "EffectKind",
    "Episode",
    "Happening",
    "Obligation",
    "Shown",
    "fee_key",
    "obligations",
    "open_episode",
    "open_referrals",
    "owed_effects",
]

_NEEDS_RESOLUTION = (ReferralEvent.SETTLED, ReferralEvent.REMOVED, ReferralEvent.CLOSED_BY_AGENCY)
_NEEDS_AMOUNT = (ReferralEvent.BALANCE_REPORTED, ReferralEvent.BALANCE_ACKNOWLEDGED)
_SETTLED = (Resolution.PAID, Resolution.WAIVED, Resolution.RETURNED_AND_CLEARED)
_NEEDS_CAUSE = (ReferralEvent.HELD, ReferralEvent.RELEASED)


@frozen
class Happening:
    """One event of a history: what, when, who, why, and what shows it.

    `evidence` names a receipt, a row of a file or a form; the same event with the same evidence is
    the same happening, however often it is reported. `amount` is the balance that a file tells; the
    evidence of BALANCE_REPORTED names the file, and the acknowledgement of that file names it again.
    `identifiers` are the patron's numbers, present one first: new
    ones of IDENTITY_CHANGED, those that the file told of a delivery or acknowledgement.
    """

    event: ReferralEvent = field(validator=instance(ReferralEvent))
    at: datetime = field(validator=instant)
    by: str = field(validator=nonempty)
    evidence: str = field(validator=nonempty)
    reason: str = field(default="", validator=instance(str))
    amount: Money | None = field(default=None, validator=optional(instance(Money)))
    resolution: Resolution | None = field(default=None, validator=optional(instance(Resolution)))
    cause: HoldCause | None = field(default=None, validator=optional(instance(HoldCause)))
    patron: str = personal(default="", validator=instance(str))
    identifiers: tuple[str, ...] = personal(default=(), validator=each(nonempty))

    def __attrs_post_init__(self) -> None:
        for needed, events, name in (
            (self.resolution, _NEEDS_RESOLUTION, "resolution"),
            (self.cause, _NEEDS_CAUSE, "cause"),
            (self.amount, _NEEDS_AMOUNT, "amount"),
            (self.identifiers or None, (ReferralEvent.IDENTITY_CHANGED,), "identifiers"),
        ):
            if self.event in events and needed is None:
                raise InvalidValue("Happening", name, f"is needed for {self.event.value}")


@frozen
class _Fold:
    """What a history comes to."""

    state: ReferralState
    patron: str = personal()
    identifiers: tuple[str, ...] = personal()
    told: frozenset[str] = personal(default=frozenset())
    told_amount: Money | None = None
    reported: tuple[tuple[str, Money], ...] = ()  # files not acknowledged yet, and what each tells
    delivered: bool = False
    causes: frozenset[HoldCause] = frozenset()
    resolution: Resolution | None = None


@frozen
class Episode:
    """One referral of one patron to one agency, from its selection to its end.

    `id` is never used again; `amount` is what the submission tells, `fee` what the referral adds to
    the account. `debtor` is who is to pay: the patron, or the responsible adult of one. A history
    that the table of states does not allow raises InvalidValue.
    """

    id: str = field(validator=nonempty)
    agency: str = field(validator=nonempty)
    amount: Money = field(validator=instance(Money))
    fee: Money = field(validator=instance(Money))
    history: tuple[Happening, ...] = field(default=(), validator=each(instance(Happening)))
    first_patron: str = personal(default="", validator=instance(str))
    first_identifiers: tuple[str, ...] = personal(default=(), validator=each(nonempty))
    debtor: str = personal(default="", validator=instance(str))
    _now: _Fold = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        now = _Fold(ReferralState.NOT_ELIGIBLE, self.first_patron, self.first_identifiers)
        for happening in self.history:
            now = _step(self, now, happening)
        object.__setattr__(self, "_now", now)

    def after(self, happening: Happening) -> Episode:
        """With one more event; one that is in the history already changes nothing."""
        known = {(past.event, past.evidence, past.cause) for past in self.history}
        if (happening.event, happening.evidence, happening.cause) in known:
            return self
        return evolve(self, history=(*self.history, happening))

    @property
    def state(self) -> ReferralState:
        """Where the referral stands."""
        return self._now.state

    @property
    def is_open(self) -> bool:
        """Whether a second referral to the agency must wait."""
        return self.state in OPEN

    @property
    def came_back(self) -> bool:
        """Whether it ended with the debt still there: rejected, taken back, or given up by the agency."""
        closed = self.state is ReferralState.CLOSED and self.resolution not in _SETTLED
        return closed or self.state is ReferralState.REJECTED

    @property
    def delivered(self) -> bool:
        """Whether a receipt shows that the agency was told of the account."""
        return self._now.delivered

    @property
    def patron(self) -> str:
        """The patron's present record number."""
        return self._now.patron

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The patron's card numbers and former record numbers, present ones first."""
        return self._now.identifiers

    @property
    def causes(self) -> frozenset[HoldCause]:
        """Why the account is on hold."""
        return self._now.causes

    @property
    def told_amount(self) -> Money | None:
        """The balance that the agency is known to have; None before delivery and while a file is under way."""
        return None if self._now.reported else self._now.told_amount

    @property
    def lowest_told(self) -> Money | None:
        """The least that the agency may have as the balance; None before delivery."""
        now = self._now
        if now.told_amount is None:
            return None
        return min([now.told_amount, *(amount for _, amount in now.reported)])

    @property
    def untold(self) -> tuple[str, ...]:
        """Identifiers that no acknowledged file carried."""
        return tuple(one for one in self.identifiers if one not in self._now.told)

    @property
    def resolution(self) -> Resolution | None:
        """How it ended, None while it may still end in several ways."""
        return self._now.resolution


def _step(episode: Episode, now: _Fold, happening: Happening) -> _Fold:
    event = happening.event
    after = referral_states.after(now.state, event)
    if event is ReferralEvent.NEW_CHARGE:
        raise InvalidValue("Episode", "history", "has ended: a new charge opens an episode with an id of its own")
    causes = now.causes
    if event in _NEEDS_CAUSE and happening.cause is not None:
        causes = causes | {happening.cause} if event is ReferralEvent.HELD else causes - {happening.cause}
        after = ReferralState.ON_HOLD if causes else after
    now = evolve(now, state=after, causes=causes, resolution=_resolution(now, happening))
    if event is ReferralEvent.IDENTITY_CHANGED:
        return evolve(now, patron=happening.patron or now.patron, identifiers=happening.identifiers)
    if event is ReferralEvent.DELIVERED and not now.delivered:
        told = frozenset(happening.identifiers or episode.first_identifiers)
        return evolve(now, delivered=True, told=told, told_amount=happening.amount or episode.amount)
    if event is ReferralEvent.BALANCE_REPORTED and happening.amount is not None:
        return evolve(now, reported=(*now.reported, (happening.evidence, happening.amount)))
    if event is ReferralEvent.BALANCE_ACKNOWLEDGED:
        return _acknowledged(episode, now, happening)
    return now


def _acknowledged(episode: Episode, now: _Fold, happening: Happening) -> _Fold:
    """A file that took effect after a later one was acknowledged says nothing new of the balance."""
    now = evolve(now, told=now.told | set(happening.identifiers))
    waiting = [file for file, _ in now.reported]
    if happening.evidence in waiting:
        later = now.reported[waiting.index(happening.evidence) + 1 :]
        return evolve(now, told_amount=happening.amount, reported=later)
    stale = any(p.event is ReferralEvent.BALANCE_REPORTED and p.evidence == happening.evidence for p in episode.history)
    return now if stale else evolve(now, told_amount=happening.amount)


def _resolution(now: _Fold, happening: Happening) -> Resolution | None:
    if happening.event is ReferralEvent.OWES_AGAIN:
        return None
    if happening.event is ReferralEvent.ZERO_ACKNOWLEDGED:
        return now.resolution or Resolution.PAID
    return happening.resolution or now.resolution


def open_episode(
    assessment: Assessment,
    policy: AgencyPolicy,
    *,
    id: str,  # noqa: A002 - the field's name
    agency: str,
    identifiers: Sequence[str],
    at: datetime,
    by: str,
) -> Episode:
    """A new referral, selected for a batch; nothing has happened to the patron yet.

    Raises InvalidValue for an account that was not found eligible. Its first event carries the dates
    of the lawful notices as evidence.
    """
    if not assessment.eligible:
        raise InvalidValue("Episode", "assessment", f"must be eligible, and is {assessment.outcome.value}")
    notices = "notice of " + ", ".join(map(str, assessment.evidence))
    return Episode(
        id,
        agency,
        assessment.reported,
        policy.fee(assessment.reported),
        (
            Happening(ReferralEvent.ASSESSED, at, by, notices, f"as of {assessment.as_of}"),
            Happening(ReferralEvent.SELECTED, at, by, f"referral {id}"),
        ),
        assessment.patron,
        tuple(identifiers),
        assessment.debtor,
    )


def open_referrals(episodes: Iterable[Episode], agency: str) -> tuple[Episode, ...]:
    """The open ones with that agency; more than one is a case for a person."""
    return tuple(episode for episode in episodes if episode.agency == agency and episode.is_open)


# What the ILS has to show.


class EffectKind(Enum):
    """What can be done to the patron's record and account."""

    CHARGE_FEE = "charge_fee"
    REVERSE_FEE = "reverse_fee"
    SET_FLAG = "set_flag"
    CLEAR_FLAG = "clear_flag"
    SET_BLOCK = "set_block"
    LIFT_BLOCK = "lift_block"


@frozen
class Shown:
    """What the ILS shows of a patron: flag, block, and the referrals whose fee was ever charged or reversed.

    A fee that was waived stays charged here, so that it is never charged again.
    """

    flagged: bool = False
    blocked: bool = False
    charged: frozenset[str] = frozenset()
    reversed: frozenset[str] = frozenset()


@frozen
class Effect:
    """One thing to do in the ILS. `key` is the same for every attempt at the same thing."""

    kind: EffectKind = field(validator=instance(EffectKind))
    key: str = field(validator=nonempty)
    amount: Money | None = None


_S = ReferralState
_FEE_FALLS = (_S.SENT, _S.ACTIVE)
_BLOCKED = (_S.SENT, _S.ACTIVE)
_TAKEN_BACK = (Resolution.EXEMPTED, Resolution.ERROR)


def fee_key(referral: str) -> str:
    """The key of a referral's one fee."""
    return f"referral-fee:{referral}"


def owed_effects(episodes: Sequence[Episode], shown: Shown) -> tuple[Effect, ...]:
    """What is still to be done in the ILS for one patron, given all referrals and what it shows now.

    Before a receipt of delivery nothing is owed. On hold no fee falls due, and flag and block stay as
    they are. The flag stays until the agency has acknowledged that it is over; the block goes earlier.
    """
    return tuple(_owed_effects(episodes, shown))


def _owed_effects(episodes: Sequence[Episode], shown: Shown) -> Iterator[Effect]:
    for episode in episodes:
        if episode.state in _FEE_FALLS and episode.fee and episode.id not in shown.charged:
            yield Effect(EffectKind.CHARGE_FEE, fee_key(episode.id), episode.fee)
        if _fee_goes(episode) and episode.id in shown.charged - shown.reversed:
            yield Effect(EffectKind.REVERSE_FEE, f"{fee_key(episode.id)}:reversed", episode.fee)
    cause = ",".join(f"{episode.id}#{len(episode.history)}" for episode in episodes)
    flag, block = _wanted(map(_flag, episodes)), _wanted(map(_block, episodes))
    if flag is not None and flag is not shown.flagged:
        kind = EffectKind.SET_FLAG if flag else EffectKind.CLEAR_FLAG
        yield Effect(kind, f"{kind.value}:{cause}")
    if block is not None and block is not shown.blocked:
        kind = EffectKind.SET_BLOCK if block else EffectKind.LIFT_BLOCK
        yield Effect(kind, f"{kind.value}:{cause}")


def _fee_goes(episode: Episode) -> bool:
    ended = episode.state in (_S.REMOVED_PENDING_ACK, _S.CLOSED) and episode.resolution in _TAKEN_BACK
    return ended or episode.state is _S.REJECTED


def _wanted(wishes: Iterable[bool | None]) -> bool | None:
    """One yes is enough; a "leave it" outweighs a no; without any referral nothing is touched."""
    found = list(wishes)
    if any(found):
        return True
    return None if not found or None in found else False


def _flag(episode: Episode) -> bool | None:
    if episode.state is _S.ON_HOLD:
        return None
    return episode.delivered and episode.is_open


def _block(episode: Episode) -> bool | None:
    if episode.state is _S.ON_HOLD:
        return None
    return episode.state in _BLOCKED


# What the agency has to be told.


class Duty(Enum):
    """What the agency has to be told of an account."""

    REMOVE = "remove"
    ZERO = "zero"
    BALANCE = "balance"
    ALIAS = "alias"
    UNKNOWN = "unknown"  # the balance is not known: nothing is told before a person has looked


@frozen
class Obligation:
    """One thing that the agency has to be told, until it has acknowledged it."""

    duty: Duty = field(validator=instance(Duty))
    referral: str = field(validator=nonempty)
    agency: str = field(validator=nonempty)
    amount: Money | None = None
    patron: str = personal(default="", validator=instance(str))
    identifiers: tuple[str, ...] = personal(default=(), validator=each(nonempty))


def obligations(
    episodes: Iterable[Episode], balances: Mapping[str, Money], policy: AgencyPolicy
) -> tuple[Obligation, ...]:
    """What the agencies have to be told now, in the order of referral ids; the same on every day.

    `balances` has the reportable balance of each patron. On hold, an amount is not told that may be
    higher than what the agency has. Whoever hands over a file records BALANCE_REPORTED for each zero
    and balance in it before it leaves: a file whose receipt is lost may have arrived all the same.
    """
    found: list[Obligation] = []
    for episode in sorted(episodes, key=lambda episode: episode.id):
        if episode.is_open and episode.state is not _S.QUEUED:
            found += _duties(episode, balances.get(episode.patron), policy)
    return tuple(found)


def _duties(episode: Episode, balance: Money | None, policy: AgencyPolicy) -> Iterator[Obligation]:
    def owe(duty: Duty, amount: Money | None = None) -> Obligation:
        return Obligation(duty, episode.id, episode.agency, amount, episode.patron, episode.identifiers)

    if episode.state is _S.REMOVED_PENDING_ACK:
        yield owe(Duty.REMOVE)
        return
    if balance is None:
        yield owe(Duty.UNKNOWN)
    elif policy.settled(balance):
        yield owe(Duty.ZERO, balance)
    elif balance != episode.told_amount and not _escalates(episode, balance):
        yield owe(Duty.BALANCE, balance)
    if episode.untold:
        yield owe(Duty.ALIAS)


def _escalates(episode: Episode, balance: Money) -> bool:
    lowest = episode.lowest_told
    return episode.state is _S.ON_HOLD and lowest is not None and balance > lowest
