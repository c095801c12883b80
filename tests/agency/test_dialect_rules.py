"""A dialect that could not be relied on is refused when it is declared, by the part that is wrong."""

import pytest
from attrs import evolve

from scld_core.agency.dialect import Direction, Empty, Field, Holds
from scld_core.agency.model import AccountStatus
from scld_core.errors import InvalidValue
from support.agency_files import DIALECTS, EXPORT

SYNC = DIALECTS["koha-ums-sync"]
XML = DIALECTS["symphony-xml"]


def without(dialect, *names):
    """The dialect's fields but for these."""
    return tuple(one for one in dialect.fields if one.name not in names)


@pytest.mark.parametrize(
    ("dialect", "change", "field", "rule"),
    [
        (SYNC, {"delimiter": "#"}, "delimiter", "must be , ; | or TAB"),
        (SYNC, {"encoding": "klingon"}, "encoding", "must be one of"),
        (SYNC, {"encoding": "utf-7"}, "encoding", "must be one of"),
        (SYNC, {"line_end": "\r"}, "line_end", "must be CR LF or LF"),
        (SYNC, {"sentence": ""}, "sentence", "must be set when"),
        (SYNC, {"empty": Empty.HEADER}, "sentence", "must be set when"),
        (SYNC, {"file_name": "a/{date}.csv"}, "file_name", "may have letters"),
        (SYNC, {"file_name": "{day}.csv"}, "file_name", "may have letters"),
        (SYNC, {"holds": Holds.ACCOUNTS}, "holds", "must be accounts for an inbound file"),
        (SYNC, {"identity": ("account",)}, "identity", "has 'account', which is none of the fields"),
        (SYNC, {"statuses": {"open": AccountStatus.OPEN}}, "statuses", "must say"),
        (SYNC, {"every": AccountStatus.OPEN}, "every", "is the status of an inbound file"),
        (SYNC, {"fields": without(SYNC, "total_due")}, "fields", "lacks total_due"),
        (SYNC, {"fields": without(SYNC, "patron_id", "cardnumber")}, "fields", "needs patron_id or cardnumber"),
        (SYNC, {"fields": (*SYNC.fields, Field("adress", "x"))}, "fields", r"did you mean 'address'\?"),
        (SYNC, {"fields": (*SYNC.fields, Field("qqqq", "x"))}, "fields", "they are patron_id"),
        (SYNC, {"fields": (*SYNC.fields, Field("email", "due"))}, "fields", "has the header 'due' more than once"),
        (SYNC, {"fields": (*SYNC.fields, SYNC.fields[0])}, "fields", "has the name 'patron_id' more than once"),
        (SYNC, {"fields": (*SYNC.fields, Field("email", "x", repeats=True))}, "fields", "may not repeat 'email'"),
        (EXPORT, {"fields": without(EXPORT, "account")}, "fields", "lacks account"),
        (EXPORT, {"statuses": {}}, "statuses", "must say"),
        (EXPORT, {"statuses": {"Open": AccountStatus.OPEN}}, "statuses", "must be in lower case"),
        (EXPORT, {"fields": without(EXPORT, "status"), "statuses": {}}, "fields", "lacks status"),
        (EXPORT, {"every": AccountStatus.OPEN}, "every", "is the status of an inbound file without"),
        (EXPORT, {"direction": Direction.OUTBOUND}, "fields", "which is no outbound column"),
        (XML, {"root": ""}, "root", "must be an element's name"),
        (XML, {"root": "a/b"}, "root", "must be an element's name"),
        (XML, {"record": "a b"}, "record", "must be an element's name"),
        (XML, {"marks": {"<mode>": "x"}}, "marks", "must be an element's name"),
        (XML, {"created": "a<b"}, "created", "must be an element's name"),
        (XML, {"created_as": "%y"}, "created_as", "must have the year with four digits"),
        (XML, {"fields": (*XML.fields, Field("email", "e mail"))}, "fields", "must be an element's name"),
        (XML, {"fields": (*XML.fields, Field("email", "key/email"))}, "fields", "has the element key/email inside"),
        (XML, {"empty": Empty.NOTHING}, "empty", "must be 'header only' for XML"),
    ],
)
def test_a_part_that_is_wrong_is_named(dialect, change, field, rule):
    """Each rule refuses by the name of the part, and the dialect unchanged is fine."""
    with pytest.raises(InvalidValue, match=rule) as refusal:
        evolve(dialect, **change)
    assert refusal.value.field == field


def test_a_file_without_a_time_of_its_own_needs_no_pattern():
    """An XML dialect may leave out the element that says when the file was written."""
    assert evolve(XML, created="", created_as="").created == ""


def test_a_row_is_known_by_what_identifies_it():
    """The account of a list, else the patron, else the card, unless the dialect says otherwise."""
    assert EXPORT.key == ("account",)
    assert SYNC.key == ("patron_id",)
    assert evolve(SYNC, fields=without(SYNC, "patron_id")).key == ("cardnumber",)
    assert evolve(SYNC, identity=("patron_id", "cardnumber")).key == ("patron_id", "cardnumber")


def test_a_field_has_a_usable_pattern():
    """A pattern of a date is looked at with the field that has it."""
    with pytest.raises(InvalidValue, match="four digits"):
        Field("birth_date", "born", date="%m/%d/%y")
