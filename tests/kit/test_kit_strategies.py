"""Importing the strategies is enough: every value of scld can be drawn by its type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core import codecs
from scld_core.circulation.model import Circulation, Loan
from scld_core.fees import Account, ChargeTerms
from scld_core.holds.model import Hold, HoldRequest
from scld_core.hotspots.account import AccountLine
from scld_core.hotspots.model import Device, LineView
from scld_core.kernel.devices import Iccid, Imei, Line, Msisdn
from scld_core.kernel.ids import HoldId, ItemId, LoanId, LocationId, PatronId, TitleId
from scld_core.kernel.money import Money
from scld_core.patrons import Block, CollectionFlag, Patron
from scld_core.runs.model import Answer, JournalEntry, Step, StepRecord
from scld_core.testing import strategies

VALUES = [ItemId, LoanId, PatronId, LocationId, Imei, Iccid, Msisdn, Line, Device, Money]
RECORDS = [Loan, Circulation, LineView, AccountLine, Answer, Step, StepRecord, JournalEntry]
HOLDS = [TitleId, HoldId, HoldRequest, Hold]
ACCOUNTS = [ChargeTerms, Account, Block, CollectionFlag, Patron]


@pytest.mark.parametrize("kind", [*VALUES, *RECORDS, *HOLDS, *ACCOUNTS], ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_a_value_of_each_type_can_be_drawn(kind, data):
    """`from_type` gives valid values, and leaf values survive their own text form."""
    value = data.draw(st.from_type(kind))
    assert isinstance(value, kind)
    if hasattr(kind, "parse"):
        assert kind.parse(str(value)) == value


@given(strategies.step_records)
def test_drawn_records_survive_the_codec(record):
    """Round trip through JSON."""
    assert codecs.load(StepRecord, codecs.dump(record)) == record


@given(strategies.holds, strategies.hold_requests)
def test_drawn_holds_survive_the_codec(hold, request):
    """Round trip through JSON."""
    assert codecs.load(Hold, codecs.dump(hold)) == hold
    assert codecs.load(HoldRequest, codecs.dump(request)) == request


@given(strategies.circulations)
def test_drawn_loans_belong_to_their_item(seen):
    """Ids of one drawn item are of one instance."""
    assert seen.loan is None or seen.loan.item == seen.item
