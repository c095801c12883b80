"""The names that agencies give their columns, as far as they are in common use."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["how_named"]

_NAMES: Mapping[str, tuple[str, ...]] = {
    "account": (
        "account",
        "account number",
        "account no",
        "account id",
        "acct",
        "acct number",
        "acct no",
        "agency account",
        "agency account number",
        "agency number",
        "debtor number",
        "debtor id",
        "file number",
        "case number",
    ),
    "patron_id": (
        "patron id",
        "patron number",
        "patron no",
        "patron record",
        "patron record number",
        "borrower number",
        "borrowernumber",
        "borrower id",
        "client account",
        "client account number",
        "client acct",
        "client debtor number",
        "client reference",
        "client reference number",
        "client ref",
        "creditor account",
        "customer id",
        "customer number",
        "record number",
        "user key",
    ),
    "cardnumber": (
        "cardnumber",
        "card number",
        "card no",
        "card",
        "barcode",
        "patron barcode",
        "library card",
        "library card number",
        "patron card",
    ),
    "name": (
        "name",
        "patron name",
        "debtor name",
        "debtor",
        "full name",
        "consumer name",
        "consumer",
        "customer name",
        "borrower name",
    ),
    "status": ("status", "account status", "acct status", "current status", "status description", "collection status"),
    "listed_on": (
        "listed on",
        "list date",
        "date listed",
        "listed",
        "placement date",
        "date placed",
        "placed",
        "assigned date",
        "date assigned",
        "submitted",
        "submission date",
        "date submitted",
        "referral date",
        "date referred",
        "received date",
        "date received",
        "open date",
        "date opened",
    ),
    "balance": (
        "balance",
        "current balance",
        "balance due",
        "account balance",
        "outstanding balance",
        "amount due",
        "amount owed",
        "current due",
        "total due",
        "due",
    ),
    "last_activity": (
        "last activity",
        "last activity date",
        "date of last activity",
        "activity date",
        "last action",
        "last action date",
        "last worked",
        "last worked date",
        "last contact",
        "last contact date",
    ),
    "close_reason": (
        "close reason",
        "closed reason",
        "closing reason",
        "closure reason",
        "reason closed",
        "reason for closing",
        "close code",
        "reason",
    ),
}
_MISLEADING = frozenset(("original", "principal", "opening", "placed", "listed", "paid", "payment", "birth", "co"))
"""Words that make another column of one: the original balance is not what is owed now."""


def _plain(header: str) -> str:
    """A header's words: "Acct_No." and "ACCT NO" are one name."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header).replace("#", " number ")
    return " ".join(re.findall(r"[a-z0-9]+", spaced.casefold()))


def how_named(header: str, column: str) -> int:
    """2 when the header is a name of the column, 1 when it has one in it, 0 when neither."""
    plain = _plain(header)
    names = _NAMES[column]
    if plain in names or plain == column.replace("_", " "):
        return 2
    words = set(plain.split())
    return int(not words & _MISLEADING and any(set(name.split()) <= words for name in names if len(name) > 3))
