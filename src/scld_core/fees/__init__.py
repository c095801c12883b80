"""Fees: what a patron was charged, what became of it, and the ledger's sums between two instants."""

from scld_core.fees.ledger import Account, Standing
from scld_core.fees.model import (
    Charge,
    ChargeId,
    ChargeKind,
    ChargeTerms,
    Entry,
    EntryId,
    EntryKind,
    LegalClass,
    Part,
)
from scld_core.fees.ports import Fees
from scld_core.fees.rules import (
    REFUSALS,
    Stamp,
    assessment,
    cancellation,
    credit,
    may_post,
    posting_time,
    refused_text,
    reversal,
)
from scld_core.fees.tieout import Axis, Examined, Flaw, Movement, TieOut, Untied, examine, tie_out

__all__ = [
    "REFUSALS",
    "Account",
    "Axis",
    "Charge",
    "ChargeId",
    "ChargeKind",
    "ChargeTerms",
    "Entry",
    "EntryId",
    "EntryKind",
    "Examined",
    "Fees",
    "Flaw",
    "LegalClass",
    "Movement",
    "Part",
    "Stamp",
    "Standing",
    "TieOut",
    "Untied",
    "assessment",
    "cancellation",
    "credit",
    "examine",
    "may_post",
    "posting_time",
    "refused_text",
    "reversal",
    "tie_out",
]
