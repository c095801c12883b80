"""What an answer says of a patron."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sip2_frames import PLAIN, messages, recorded

from scld_adapters.sip2.errors import BadValue
from scld_adapters.sip2.facts import Flag, patron_facts
from scld_adapters.sip2.fields import Validated
from scld_adapters.sip2.messages import make
from scld_adapters.sip2.settings import Detection, Dialect
from scld_adapters.sip2.wire import Codec
from scld_core.kernel.money import Money

KOHA = Dialect(encoding="utf-8", checksum=Detection.AUTO, fine_lines="koha", item_lines="barcode")


def facts(label):
    """The facts of a recorded answer."""
    row = next(row for row in recorded() if row.label == label)
    return patron_facts(Codec(KOHA).decode(row.answer).message, KOHA)


def test_what_a_real_system_says_of_patrons():
    """Expired, lost card, too much owed, unknown, no PIN: each as the recorded answers have it."""
    denied = {Flag.CHARGE_DENIED, Flag.RENEWAL_DENIED, Flag.RECALL_DENIED, Flag.HOLD_DENIED}
    assert facts("patron.status.ok").flags == frozenset()
    assert facts("patron.status.expired").flags == denied
    assert facts("patron.status.lostcard").flags == denied | {Flag.CARD_LOST}
    owing = facts("patron.status.fees.blocked")
    assert owing.flags == denied | {Flag.EXCESSIVE_FINES, Flag.EXCESSIVE_FEES}
    assert owing.owed == Money(2500)
    unknown = facts("patron.status.unknown")
    assert (unknown.known, unknown.pin, unknown.owed) == (Validated.NO, Validated.NOT_VALIDATED, None)
    assert (facts("patron.status.badpw").known, facts("patron.status.badpw").pin) == (Validated.YES, Validated.NO)


def test_counts_and_lists_of_a_64():
    """A count that is given is a number; a list is there when it was asked for."""
    told = facts("patron.info.fines")
    assert (told.holds, told.overdue, told.charged, told.fines, told.unavailable_holds) == (0, 1, 1, 1, 0)
    assert [line.amount for line in told.fine_lines] == [Money(1000)]
    assert [line.item for line in facts("patron.info.charged").charged_lines] == ["39999000000801"]
    assert (told.limit, str(told.born)) == (Money(1000), "1990-01-01")
    assert facts("patron.status.ok").charged is None


@given(messages(code="24"), st.sampled_from(["Y", "N", "", " "]))
def test_a_flag_is_set_exactly_where_the_answer_has_a_y(message, said):
    """Fourteen places, fourteen flags, in order; and only BL decides whether the patron is known."""
    fields = [pair for pair in message.fields if pair[0] not in ("BL", "CQ", "BV", "BH", "PB")]
    message = type(message)("24", message.fixed, (*fields, ("BL", said)))
    found = patron_facts(message, PLAIN)
    assert [flag in found.flags for flag in Flag] == [sign == "Y" for sign in message.fixed[0]]
    assert (found.known is Validated.NOT_VALIDATED) == (not said.strip())


def test_only_answers_about_patrons_have_facts_of_patrons():
    """Another message is refused, a wrong amount too, and the repr tells nothing of the patron."""
    with pytest.raises(BadValue):
        patron_facts(make("94", ok="1"), PLAIN)
    row = next(row for row in recorded() if row.label == "patron.info.fines")
    message = Codec(KOHA).decode(row.answer).message
    spoiled = type(message)("64", message.fixed, tuple((t, "ten" if t == "BV" else v) for t, v in message.fields))
    with pytest.raises(BadValue):
        patron_facts(spoiled, KOHA)
    assert "Testpatron" not in repr(patron_facts(message, KOHA))
    assert "39999" not in repr(facts("patron.info.charged"))
