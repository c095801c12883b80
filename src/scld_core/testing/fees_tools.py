"""What the checks of a ledger share: what is charged, and how each operation is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scld_core.fees.model import Charge, ChargeId, ChargeKind, ChargeTerms, LegalClass
from scld_core.kernel.ids import PatronId
from scld_core.testing.case import Case
from scld_core.testing.harness import FeesBench
from scld_core.testing.synthetic_accounts import terms

__all__ = ["OPERATIONS", "WRITES", "Ledger", "by_operation", "fee", "post"]

Ledger = Case[FeesBench]

WRITES = ("charge", "cancel")
OPERATIONS = ("account", *WRITES)


def fee(cents: int = 1000) -> ChargeTerms:
    """A referral's fee of that amount."""
    return terms(cents, ChargeKind.AGENCY_FEE, LegalClass.COLLECTION_COST)


def post(case: Ledger, bench: FeesBench, subject: PatronId, cents: int = 1000, key: str = "") -> Charge:
    """Charge a referral's fee, with a key of its own unless one is given."""
    return bench.fees.charge(subject, fee(cents), key=key or case.key())


def by_operation(
    case: Ledger, bench: FeesBench, subject: PatronId, charge: ChargeId | None = None
) -> Mapping[str, Callable[[], Any]]:
    """A call of each operation about a patron, or about a charge (one that nobody has when left out)."""
    known = charge or ChargeId(subject.backend, "c999")
    return {
        "account": lambda: bench.fees.account(subject),
        "charge": lambda: post(case, bench, subject),
        "cancel": lambda: bench.fees.cancel(known, key=case.key(), reason="error"),
    }
