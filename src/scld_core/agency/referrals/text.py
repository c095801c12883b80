"""The sentences of the referral run: what a step does, why, and why one was left alone."""

from __future__ import annotations

from collections.abc import Mapping

from scld_core.agency.referral import EffectKind
from scld_core.agency.referrals.batch import AREA, SEND
from scld_core.agency.referrals.effects import ACTIONS

__all__ = ["NOUNS", "REASONS", "TEXTS", "VERBS"]

_VERBS: Mapping[EffectKind, str] = {
    EffectKind.CHARGE_FEE: "Charge the fee of referral",
    EffectKind.REVERSE_FEE: "Cancel the fee of referral",
    EffectKind.SET_FLAG: "Set the collection flag of referral",
    EffectKind.CLEAR_FLAG: "Clear the collection flag of referral",
    EffectKind.SET_BLOCK: "Set the block of referral",
    EffectKind.LIFT_BLOCK: "Lift the block of referral",
}
_DONE: Mapping[EffectKind, str] = {
    EffectKind.CHARGE_FEE: "Charged the fee of referral",
    EffectKind.REVERSE_FEE: "Cancelled the fee of referral",
    EffectKind.SET_FLAG: "Set the collection flag of referral",
    EffectKind.CLEAR_FLAG: "Cleared the collection flag of referral",
    EffectKind.SET_BLOCK: "Set the block of referral",
    EffectKind.LIFT_BLOCK: "Lifted the block of referral",
}

VERBS: Mapping[str, str] = {SEND: "Send the file", **{ACTIONS[kind]: text for kind, text in _VERBS.items()}}
"""What a step does, before the name of its file or referral."""

NOUNS: Mapping[str, str] = {
    SEND: "A file to the agency",
    ACTIONS[EffectKind.CHARGE_FEE]: "A referral fee",
    ACTIONS[EffectKind.REVERSE_FEE]: "A cancellation of a referral fee",
    ACTIONS[EffectKind.SET_FLAG]: "Setting a flag",
    ACTIONS[EffectKind.CLEAR_FLAG]: "Clearing a flag",
    ACTIONS[EffectKind.SET_BLOCK]: "Setting a block",
    ACTIONS[EffectKind.LIFT_BLOCK]: "Lifting a block",
}

REASONS: Mapping[str, str] = {
    "new_file": "{rows} new referrals of {total} are due.",
    "update_file": "The agency has to be told of {rows} accounts.",
    "referral_charge_fee": "The agency has the referral: its fee of {amount} falls due.",
    "referral_reverse_fee": "The referral was taken back, and so is its fee.",
    "referral_set_flag": "The agency has the referral.",
    "referral_clear_flag": "The agency has acknowledged that it is over.",
    "referral_set_block": "The agency has the referral.",
    "referral_lift_block": "Nothing is owed any more, or the referral was taken back.",
    "kept": "The file was made before and is sent as it is.",
    "owed": "{rows} accounts are due.",
    "receipt": "The file with referral {referral} has its receipt.",
    "other_file": "File {file} was made in its place.",
    "not_next": "Another file was made in the meantime.",
    "accounts_changed": "The accounts ask for another file now, of {rows} rows.",
    "cannot_be_written": "The file cannot be written: {why}.",
    "no_receipt": "The file has no receipt yet, so nothing is done to the patron.",
    "not_owed": "The ILS shows it already, or the referral does not ask for it any more.",
}
"""Reason codes: why a step is there, or is left alone."""

TEXTS: Mapping[str, str] = {
    **REASONS,
    **VERBS,
    f"{SEND}.done": "Sent the file",
    **{f"{ACTIONS[kind]}.done": text for kind, text in _DONE.items()},
    f"{AREA}.subject": "",
    f"{AREA}.duty": "referrals to the agency",
}
"""Everything a report needs to speak of this area."""
