"""Cards: who gets which kind, until when and for what; new numbers, renewals and replacements."""

from scld_core.cards.desk import CardAnswer, CardDesk
from scld_core.cards.model import Application, BarcodeRange, CardKind, Entitlement, Proof, Service
from scld_core.cards.policy import CardPolicy
from scld_core.cards.renewals import RenewalRequest
from scld_core.cards.rules import ends_on, entitlement, kind_of, may_have, may_renew, may_replace
from scld_core.cards.states import RenewalState, renewal_states

__all__ = [
    "Application",
    "BarcodeRange",
    "CardAnswer",
    "CardDesk",
    "CardKind",
    "CardPolicy",
    "Entitlement",
    "Proof",
    "RenewalRequest",
    "RenewalState",
    "Service",
    "ends_on",
    "entitlement",
    "kind_of",
    "may_have",
    "may_renew",
    "may_replace",
    "renewal_states",
]
