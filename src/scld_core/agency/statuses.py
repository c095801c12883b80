"""Words by which agencies say what they do with an account."""

from __future__ import annotations

from collections.abc import Mapping

from scld_core.agency.model import AccountStatus

__all__ = ["STATUS_WORDS"]

_WORDS: Mapping[AccountStatus, tuple[str, ...]] = {
    AccountStatus.OPEN: (
        "open",
        "active",
        "new",
        "assigned",
        "placed",
        "in collection",
        "in collections",
        "in process",
        "in progress",
        "working",
        "payment plan",
        "reopened",
    ),
    AccountStatus.PAID: ("paid", "paid in full", "pif", "paid to client", "paid direct"),
    AccountStatus.CLOSED: (
        "closed",
        "cancelled",
        "canceled",
        "withdrawn",
        "recalled",
        "recalled by client",
        "returned",
        "returned to client",
        "removed",
        "uncollectable",
        "uncollectible",
        "exhausted",
    ),
    AccountStatus.DISPUTED: ("disputed", "dispute", "in dispute"),
    AccountStatus.BANKRUPT: ("bankrupt", "bankruptcy", "bankruptcy filed", "chapter 7", "chapter 13"),
    AccountStatus.DECEASED: ("deceased", "deceased debtor"),
}

STATUS_WORDS: Mapping[str, AccountStatus] = {word: status for status, words in _WORDS.items() for word in words}
"""Common words, in lower case; none that means one thing here and another there, such as pending or settled."""
