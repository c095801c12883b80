"""What the columns of agency files mean: the names a dialect maps its own headers to."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import frozen

__all__ = ["AS_OF", "INBOUND", "INBOUND_AS_OF", "OUTBOUND", "Column", "Shape"]


class Shape(Enum):
    """What a column holds."""

    NUMBER = "number"  # identifies a patron, card or account; text that is never calculated with
    TEXT = "text"
    DATE = "date"
    AMOUNT = "amount"
    WORD = "word"  # one of a declared set
    INSTANT = "instant"  # with its offset; or a date, which is its beginning


@frozen
class Column:
    """What a canonical column holds, what it says, and whether it may be blank in a row."""

    shape: Shape
    says: str
    blank: bool = True


INBOUND: Mapping[str, Column] = {
    "account": Column(Shape.NUMBER, "the agency's number of the account", blank=False),
    "patron_id": Column(Shape.NUMBER, "our number of the patron's record, as the agency has it"),
    "cardnumber": Column(Shape.NUMBER, "the library card, as the agency has it"),
    "name": Column(Shape.TEXT, "the patron's name; never used to identify anybody"),
    "status": Column(Shape.WORD, "what the agency does with the account", blank=False),
    "listed_on": Column(Shape.DATE, "when the agency took the account on"),
    "balance": Column(Shape.AMOUNT, "what the agency takes to be owed", blank=False),
    "last_activity": Column(Shape.DATE, "when the agency last did something"),
    "close_reason": Column(Shape.TEXT, "why the account was closed"),
}
"""The columns of a list of the agency's accounts."""

AS_OF = "as_of"
"""The column in which an inbound file may say when it was made; it tells nothing of an account."""

INBOUND_AS_OF = Column(Shape.INSTANT, "when the list was made; the oldest of its rows counts")
"""What that column holds."""

OUTBOUND: Mapping[str, Column] = {
    "patron_id": Column(Shape.NUMBER, "the number of the patron's record"),
    "surname": Column(Shape.TEXT, "surname"),
    "firstname": Column(Shape.TEXT, "first name"),
    "full_name": Column(Shape.TEXT, "the whole name in one column"),
    "cardnumber": Column(Shape.NUMBER, "the present card"),
    "previous_cards": Column(Shape.NUMBER, "cards that the patron had before"),
    "address": Column(Shape.TEXT, "street"),
    "address2": Column(Shape.TEXT, "second line of the address"),
    "city": Column(Shape.TEXT, "city"),
    "zipcode": Column(Shape.TEXT, "ZIP code"),
    "state": Column(Shape.TEXT, "state"),
    "phone": Column(Shape.TEXT, "telephone"),
    "mobile": Column(Shape.TEXT, "mobile telephone"),
    "alt_phone_1": Column(Shape.TEXT, "another telephone"),
    "alt_phone_2": Column(Shape.TEXT, "a third telephone"),
    "branch": Column(Shape.TEXT, "the patron's library"),
    "adult_or_child": Column(Shape.TEXT, "the letter of the patron's category type, such as A or C"),
    "birth_date": Column(Shape.DATE, "birth date"),
    "most_recent_charge": Column(Shape.DATE, "when the latest charge was made"),
    "amount_in_range": Column(Shape.AMOUNT, "what of the debt counted towards the referral"),
    "total_due": Column(Shape.AMOUNT, "all that is owed", blank=False),
    "total_plus_fee": Column(Shape.AMOUNT, "all that is owed and the referral fee"),
    "email": Column(Shape.TEXT, "e-mail address"),
    "item_cost": Column(Shape.AMOUNT, "what the items cost that are among the debt"),
    "first_charge": Column(Shape.DATE, "when the oldest charge was made"),
    "removed_on": Column(Shape.DATE, "when the patron was taken out of collection"),
    "change": Column(Shape.WORD, "new, updated or removed"),
    "language": Column(Shape.TEXT, "the patron's language"),
    "profile": Column(Shape.TEXT, "the patron's category"),
}
"""The columns of a file that we send."""
