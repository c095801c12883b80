"""Whether somebody is the patron, by what they name or show on a channel.

The answer is yes or no and never says which fact was wrong, nor whether the record has it. Every fact of the
record is compared in constant time whatever was said, so that time does not tell either. Failures are counted
for one patron and one day; after so many the policy's channels are locked until the next day, and right facts
are of no use there.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.barcode import read_scan
from scld_core.kernel.decision import Decision, Reason, deny, permit
from scld_core.kernel.fold import words
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, matching, nonempty
from scld_core.patrons.address import line_key
from scld_core.patrons.policy import Channel, Fact, PatronPolicy

__all__ = ["REASONS", "Asked", "Attempt", "Claim", "Verification", "failures_on", "locked", "verify"]

REASONS: Mapping[str, str] = {
    "verified": "is verified by {facts}",
    "not_verified": "is not verified",
    "too_little": "needs one of: {needed}",
    "locked": "is locked on this channel until tomorrow after {failures} failures",
}
"""Each reason as a sentence about the person who asks."""

_CHECKED_ELSEWHERE = frozenset({Fact.PASSWORD, Fact.PHOTO_ID})


@frozen
class Claim:
    """One fact with a value: as somebody said it, or as the record has it. A record may have several of one.

    A birth date is written as ISO 8601 on both sides; spelling, order and punctuation of the others may differ.
    """

    fact: Fact = field(
        validator=matching(
            lambda v: isinstance(v, Fact) and v not in _CHECKED_ELSEWHERE,
            "must be a fact with a value; a password or a photo ID is checked elsewhere",
        )
    )
    value: str = personal(validator=nonempty)

    def __attrs_post_init__(self) -> None:
        if self.fact is Fact.BIRTH_DATE and not _is_day(self.value):
            raise InvalidValue("Claim", "value", "of a birth date must be written as 1980-05-17: year, month, day")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@frozen
class Attempt:
    """One attempt at one patron: the local day, the channel, and whether it succeeded. It holds no fact."""

    day: date = field(validator=instance(date))
    channel: Channel = field(validator=instance(Channel))
    succeeded: bool = field(validator=instance(bool))


@frozen
class Verification:
    """The answer, and the attempt that goes into the patron's history; None for one that is not counted.

    An attempt is not counted when it could not have succeeded: on a locked channel, or with facts that do
    not suffice there whatever their values.
    """

    decision: Decision = field(validator=instance(Decision))
    attempt: Attempt | None


def failures_on(day: date, history: Iterable[Attempt]) -> int:
    """The failures of one patron on a day, on all channels; a success in between takes none away."""
    return sum(attempt.day == day and not attempt.succeeded for attempt in history)


def locked(channel: Channel, day: date, history: Iterable[Attempt], policy: PatronPolicy) -> bool:
    """Whether a channel is locked for the patron on a day."""
    return channel in policy.verification_locks and failures_on(day, history) >= policy.verification_failures


@frozen(kw_only=True)
class Asked:
    """What somebody says on a channel on a local day.

    `attested` and `refused` are facts that another has checked, with its answer: a password by the ILS, a photo
    ID by who looked at it.
    """

    channel: Channel = field(validator=instance(Channel))
    day: date = field(validator=instance(date))
    said: tuple[Claim, ...] = field(default=(), validator=each(instance(Claim)))
    attested: frozenset[Fact] = field(
        factory=frozenset[Fact],
        validator=matching(lambda v: isinstance(v, frozenset) and v <= _CHECKED_ELSEWHERE, "must be of those two"),
    )
    refused: frozenset[Fact] = field(
        factory=frozenset[Fact],
        validator=matching(lambda v: isinstance(v, frozenset) and v <= _CHECKED_ELSEWHERE, "must be of those two"),
    )

    @property
    def facts(self) -> frozenset[Fact]:
        """Every kind of fact that was offered, right or wrong."""
        return frozenset({*(claim.fact for claim in self.said), *self.attested, *self.refused})


def verify(
    asked: Asked, record: Iterable[Claim], history: Iterable[Attempt], policy: PatronPolicy, *, version: str = ""
) -> Verification:
    """Whether the person is the patron of `record`, whose attempts so far are `history`. Total."""
    section = f"patrons.verification.{asked.channel.value}"
    right = _right(asked, tuple(record))  # also where it will not matter, so that time tells nothing
    sets = sorted(policy.verification.get(asked.channel, ()), key=str)
    if locked(asked.channel, asked.day, tuple(history), policy):
        failures = (("failures", str(policy.verification_failures)),)
        return Verification(deny(Reason("locked", failures, "patrons.verification_failures", version)), None)
    if not any(facts.facts <= asked.facts for facts in sets):
        needed = "; ".join(map(str, sets)) or "a channel that verifies"
        return Verification(deny(Reason("too_little", (("needed", needed),), section, version)), None)
    enough = [str(facts) for facts in sets if facts.facts <= right]
    attempt = Attempt(asked.day, asked.channel, bool(enough))
    if not enough:
        return Verification(deny(Reason("not_verified", (), section, version)), attempt)
    return Verification(permit(Reason("verified", (("facts", "; ".join(enough)),), section, version)), attempt)


def _right(asked: Asked, record: tuple[Claim, ...]) -> frozenset[Fact]:
    """The facts that agree; every claim is compared with every value of the record, whatever came before."""
    known = [_digest(claim, b"") for claim in record]
    agree = [[hmac.compare_digest(_digest(claim, b"?"), other) for other in known] for claim in asked.said]
    right = {claim.fact for claim, found in zip(asked.said, agree, strict=True) if any(found)}
    return frozenset(right) | asked.attested


def _digest(claim: Claim, blank: bytes) -> bytes:
    """Equal for values that people take for equal; `blank` stands for one without a letter or digit."""
    text = _FORMS.get(claim.fact, _joined)(claim.value)
    said = text.encode(errors="surrogatepass") if text else blank
    return hashlib.sha256(claim.fact.value.encode() + b"\0" + said).digest()


def _joined(value: str) -> str:
    return "".join(words(value))


def _phone(value: str) -> str:
    digits = _joined(value)
    return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits


def _card(value: str) -> str:
    """As the scanner meant it, or as it was said."""
    try:
        return _joined(read_scan("".join(value.split())).number.number)
    except InvalidValue:
        return _joined(value)


_FORMS: Mapping[Fact, Callable[[str], str]] = {
    Fact.CARD_NUMBER: _card,
    Fact.NAME: lambda value: " ".join(sorted(words(value))),
    Fact.ADDRESS: line_key,
    Fact.EMAIL: lambda value: value.strip().casefold(),
    Fact.PHONE: _phone,
}
