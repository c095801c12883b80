"""Which household a patron belongs to: as the ILS says, or else by the address.

A key by address is a keyed hash of the normalised address. Without the district's secret nobody can tell an
address from it, nor try addresses until one fits.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from enum import Enum

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.decision import Reason
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, optional
from scld_core.patrons.address import AddressKey, address_key
from scld_core.patrons.contact import Address
from scld_core.patrons.model import Household
from scld_core.patrons.policy import PatronPolicy

__all__ = ["REASONS", "Belongs", "Sharing", "Together", "household_of", "same_household"]

REASONS: Mapping[str, str] = {
    "by_ils": "the ILS has a household for it",
    "by_address": "the household is that of the address",
    "kind_shares_none": "an address that is a {kind} makes no household",
    "no_zone": "the address has neither a postcode nor a city",
    "same_ils_household": "the ILS has both in one household",
    "other_ils_household": "the ILS has them in two households",
    "same_address": "both live at one address",
    "other_address": "they live at two addresses",
    "not_comparable": "there is nothing in which both can be compared",
}
"""Each reason as a sentence."""

_LETTERS = str.maketrans("0123456789", "ghijklmnop")


@frozen(kw_only=True)
class Belongs:
    """A patron's household, None where there is none to be told, and why.

    `by_ils` is what the ILS says, `by_address` what the address gives: two patrons can be compared in either.
    """

    by_ils: Household | None = personal(validator=optional(instance(Household)))
    by_address: Household | None = personal(validator=optional(instance(Household)))
    reasons: tuple[Reason, ...] = field(validator=each(instance(Reason)))

    @property
    def household(self) -> Household | None:
        """The household that counts: the ILS's own goes first."""
        return self.by_ils or self.by_address


class Sharing(Enum):
    """Whether two patrons share a household."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@frozen
class Together:
    """Whether two patrons share a household, and why."""

    answer: Sharing = field(validator=instance(Sharing))
    reason: Reason = field(validator=instance(Reason))


def household_of(
    known: Household | None, address: Address | None, policy: PatronPolicy, *, secret: bytes, version: str = ""
) -> Belongs:
    """The household of a patron whom the ILS has in `known`, and who lives at `address`.

    InvalidValue for a secret of less than 16 bytes.
    """
    if len(secret) < 16:
        raise InvalidValue("household_of", "secret", "must have at least 16 bytes")
    key = address_key(address) if address else None
    problem = _problem(key, policy)
    by_address = None if key is None or problem else Household(_hashed(key, secret))
    codes = [Reason("by_ils")] if known else []
    codes += [Reason("by_address", (), "patrons.household_kinds")] if by_address and not known else []
    codes += [problem] if problem else []
    reasons = tuple(Reason(r.code, r.params, r.section, version) for r in codes)
    return Belongs(by_ils=known, by_address=by_address, reasons=reasons)


def _problem(key: AddressKey | None, policy: PatronPolicy) -> Reason | None:
    if key is None or key.kind not in policy.household_kinds:
        kind = "missing one" if key is None else key.kind.value.replace("_", " ")
        return Reason("kind_shares_none", (("kind", kind),), "patrons.household_kinds")
    return None if key.zone else Reason("no_zone", (), "patrons.household_kinds")


def _hashed(key: AddressKey, secret: bytes) -> str:
    # In letters alone: digits in a row could be taken for a card or a telephone.
    text = "\0".join((key.kind.value, key.text, key.zone))
    digest = hmac.new(secret, text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()
    return f"at-{digest[:40].translate(_LETTERS)}"


def same_household(one: Belongs, other: Belongs, *, version: str = "") -> Together:
    """Whether two patrons share a household: by the ILS where it has both, else by address where both have one."""
    for ours, theirs, same, apart in (
        (one.by_ils, other.by_ils, "same_ils_household", "other_ils_household"),
        (one.by_address, other.by_address, "same_address", "other_address"),
    ):
        if ours and theirs:
            answer = Sharing.SAME if ours == theirs else Sharing.DIFFERENT
            return Together(answer, Reason(same if ours == theirs else apart, (), "", version))
    return Together(Sharing.UNKNOWN, Reason("not_comparable", (), "", version))
