"""What two systems can say of one patron, as a table: meaning, who must act, and what to do.

The order of `Kind` is the precedence: a case that fits several is filed under the first of them and
lists the others in `also`. Names and default actions follow the reconciliation table of the domain's
field study; each row here is one paragraph of the reference page that is made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import field, frozen

from scld_core.kernel.validate import instance, nonempty
from scld_core.reporting.audience import Audience

__all__ = ["MEANINGS", "Kind", "Meaning", "Side"]


class Kind(Enum):
    """The kinds of a row, by precedence."""

    IDENTITY_AMBIGUOUS = "IDENTITY_AMBIGUOUS"
    MALFORMED = "MALFORMED"
    DECEASED = "DECEASED"
    BANKRUPT = "BANKRUPT"
    DISPUTED = "DISPUTED"
    MINOR = "MINOR"
    EXEMPT_BUT_SENT = "EXEMPT_BUT_SENT"
    PAID_AGENCY_OPEN_ILS = "PAID_AGENCY_OPEN_ILS"
    FLAG_ONLY = "FLAG_ONLY"
    BLOCK_STALE = "BLOCK_STALE"
    SENT_NOT_LISTED = "SENT_NOT_LISTED"
    ILS_ONLY = "ILS_ONLY"
    AGENCY_ONLY = "AGENCY_ONLY"
    REFERRAL_WITHOUT_FLAG = "REFERRAL_WITHOUT_FLAG"
    IN_FLIGHT = "IN_FLIGHT"
    PAID_ILS_OPEN_AGENCY = "PAID_ILS_OPEN_AGENCY"
    BALANCE_HIGHER_ILS = "BALANCE_HIGHER_ILS"
    BALANCE_HIGHER_AGENCY = "BALANCE_HIGHER_AGENCY"
    FEE_MISSING = "FEE_MISSING"
    FEE_DUPLICATE = "FEE_DUPLICATE"
    NOTICE_MISSING = "NOTICE_MISSING"
    LISTED_NOT_SENT = "LISTED_NOT_SENT"
    IDENTITY_CHANGED = "IDENTITY_CHANGED"
    STALE = "STALE"
    MATCH = "MATCH"
    NOT_REFERRED = "NOT_REFERRED"


class Side(Enum):
    """Where a suggested action is carried out; nobody's action is needed on NONE."""

    AGENCY = "tell the agency"
    ILS = "post to the ILS"
    HAND = "by hand"
    WAIT = "wait"
    NONE = "none"


@frozen
class Meaning:
    """What a kind says, whether the difference is explained, where and how it is mended, and by whom.

    `action` is the word of the action files and of ``--json``.
    """

    says: str = field(validator=nonempty)
    side: Side = field(validator=instance(Side))
    action: str
    do: str
    audience: Audience = field(default=Audience.CUSTOMER_SERVICE, validator=instance(Audience))
    explained: bool = field(default=False, kw_only=True)


MEANINGS: Mapping[Kind, Meaning] = {
    Kind.IDENTITY_AMBIGUOUS: Meaning(
        "one account of the agency fits two patrons, or two open accounts fit one patron",
        Side.HAND,
        "identify",
        "find out whose account it is; nothing is suggested until then",
    ),
    Kind.MALFORMED: Meaning(
        "the row of the other side is there and could not be read",
        Side.HAND,
        "mend-row",
        "mend the row in the file it names, and reconcile again",
    ),
    Kind.DECEASED: Meaning(
        "the agency reports the patron deceased",
        Side.HAND,
        "close-deceased",
        "stop notices, withdraw the account and settle the charges by the district's rule",
    ),
    Kind.BANKRUPT: Meaning(
        "the agency reports a bankruptcy",
        Side.HAND,
        "hold-bankrupt",
        "do not collect: note the account, ask for the items only, and wait for dismissal or discharge",
    ),
    Kind.DISPUTED: Meaning(
        "the patron disputes the debt at the agency",
        Side.HAND,
        "hold-disputed",
        "add no fee and send nothing further until the dispute is answered",
    ),
    Kind.MINOR: Meaning(
        "the patron is a minor, or has no birth date, and no responsible adult is known",
        Side.HAND,
        "find-responsible-adult",
        "withdraw the account, or enter the responsible adult",
    ),
    Kind.EXEMPT_BUT_SENT: Meaning(
        "the patron is exempt in the ILS and is in collection",
        Side.AGENCY,
        "withdraw",
        "withdraw the account from the agency, and take the referral fee back",
    ),
    Kind.PAID_AGENCY_OPEN_ILS: Meaning(
        "the agency reports the account as paid; the ILS still shows a balance",
        Side.HAND,
        "check-payment",
        "ask the agency for its evidence, then post the payment; never before",
        Audience.FINANCE,
    ),
    Kind.FLAG_ONLY: Meaning(
        "flagged in the ILS with nothing owed, and unknown to the agency",
        Side.ILS,
        "clear-flag",
        "clear the collection flag and its block",
    ),
    Kind.BLOCK_STALE: Meaning(
        "the agency has closed the account and nothing is owed; the ILS still has the flag",
        Side.ILS,
        "clear-flag",
        "clear the collection flag and its block",
    ),
    Kind.SENT_NOT_LISTED: Meaning(
        "we sent the patron to the agency, and the agency does not list the account",
        Side.AGENCY,
        "send-again",
        "send the account again as new, without a second fee",
    ),
    Kind.ILS_ONLY: Meaning(
        "in collection in the ILS, unknown to the agency",
        Side.AGENCY,
        "send-again",
        "send the account again as new, without a second fee, or clear the flag",
    ),
    Kind.AGENCY_ONLY: Meaning(
        "known to the agency; the ILS has no such patron, or neither flag nor referral fee",
        Side.AGENCY,
        "withdraw",
        "withdraw the account from the agency, or flag the patron again",
    ),
    Kind.REFERRAL_WITHOUT_FLAG: Meaning(
        "in collection at the agency and referred from here, but the ILS has lost the flag",
        Side.ILS,
        "restore-flag",
        "set the collection flag again",
    ),
    Kind.IN_FLIGHT: Meaning(
        "different, and wholly explained by what was sent or booked since the agency's list",
        Side.WAIT,
        "wait",
        "wait for the agency's next list",
        explained=True,
    ),
    Kind.PAID_ILS_OPEN_AGENCY: Meaning(
        "nothing is owed in the ILS; the agency still has the account open",
        Side.AGENCY,
        "remove",
        "tell the agency that nothing is owed",
    ),
    Kind.BALANCE_HIGHER_ILS: Meaning(
        "the ILS shows more than the agency",
        Side.AGENCY,
        "update-balance",
        "send the balance of the ILS with its items",
        Audience.FINANCE,
    ),
    Kind.BALANCE_HIGHER_AGENCY: Meaning(
        "the agency shows more than the ILS",
        Side.AGENCY,
        "update-balance",
        "send the balance of the ILS with its items",
        Audience.FINANCE,
    ),
    Kind.FEE_MISSING: Meaning(
        "in collection without the referral fee that the policy asks for",
        Side.ILS,
        "charge-fee",
        "charge the referral fee once",
        Audience.FINANCE,
    ),
    Kind.FEE_DUPLICATE: Meaning(
        "the referral fee was charged more than once",
        Side.ILS,
        "reverse-fee",
        "reverse every referral fee but one",
        Audience.FINANCE,
    ),
    Kind.NOTICE_MISSING: Meaning(
        "in collection without evidence of the lawful notice 30 days before (RCW 19.16.500(2))",
        Side.HAND,
        "find-notice",
        "find the notice, or withdraw the account",
        explained=True,
    ),
    Kind.LISTED_NOT_SENT: Meaning(
        "the agency lists the account and our last file does not",
        Side.HAND,
        "check-file",
        "find out why the last file left the patron out",
        Audience.IT,
        explained=True,
    ),
    Kind.IDENTITY_CHANGED: Meaning(
        "the account carries an older card number or record number of the patron",
        Side.AGENCY,
        "send-alias",
        "send the present numbers together with the old ones",
        explained=True,
    ),
    Kind.STALE: Meaning(
        "the agency has done nothing on the account for longer than the policy allows",
        Side.HAND,
        "ask-agency",
        "ask the agency what became of the account",
        explained=True,
    ),
    Kind.MATCH: Meaning("both say the same", Side.NONE, "", "", explained=True),
    Kind.NOT_REFERRED: Meaning(
        "a patron who is not in collection; counted and not listed", Side.NONE, "", "", explained=True
    ),
}
"""Every kind's meaning."""
