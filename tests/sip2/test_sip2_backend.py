"""SIP2 as an ILS: what the ports tell, what they refuse, and what they never take for an answer."""

import inspect
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from sip2_frames import ILLEGAL, PLAIN, recorded
from sip2_ils import DEBTOR, ITEM, NORTH, OTHER, PATRON, SETTINGS, SOUTH, TITLE, Ils, context, loan, put, wanted
from sip2_line import CARD, CLOCK

from scld_adapters.sip2.fake import FakeItem
from scld_adapters.sip2.mapping import is_known_item, to_circulation, to_item, to_patron
from scld_adapters.sip2.plugin import CAPABILITIES, SIP2, capabilities_of
from scld_adapters.sip2.settings import Dialect, Sip2Settings, TlsSettings
from scld_adapters.sip2.wire import Codec
from scld_core.circulation.model import ItemState
from scld_core.errors import (
    ConfigurationError,
    Conflict,
    InvalidValue,
    NotFound,
    ProtocolViolation,
    Rejected,
    UnsupportedOperation,
)
from scld_core.holds.states import HoldState
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.kernel.ids import HoldId, ItemId, PatronId
from scld_core.kernel.money import Money
from scld_core.patrons.person import Block
from scld_core.plugins import open_backend
from scld_core.plugins.guard import PORTS, port_operations
from scld_core.runs.model import AnswerKind

BLOCK = Block("charge-denied")


# --- patrons ---


def test_a_patron_is_read_by_the_card():
    """The record's id is the card, and what SIP2 does not tell is not told."""
    ils = Ils()
    ils.library.patrons[CARD].born, ils.library.patrons[CARD].category = "19900101", "HB"
    seen = ils.patrons.find(Barcode(CARD))
    assert (seen.id, seen.birth_date.isoformat(), seen.category) == (PATRON, "1990-01-01", "HB")
    assert seen.contact.name.family == "Fake Testpatron015"
    assert (seen.home, seen.flag, seen.expires_on, seen.blocks) == (None, None, None, ())
    assert ils.patrons.get(PATRON) == seen


def test_nobody_is_nobody():
    """A card that the system does not know."""
    ils = Ils()
    assert ils.patrons.find(Barcode("29999000000099")) is None
    for ask in (ils.patrons.get, lambda who: ils.patrons.check_pin(who, "1234"), ils.fees.account):
        with pytest.raises(NotFound):
            ask(PatronId("main", "29999000000099"))


def test_another_patrons_record_is_never_taken_for_the_answer():
    """An ILS that answers with somebody else's record is found out, and no part of the record is in the error."""
    ils = Ils()
    ils.changed["63"] = put(AA="29999000000008", AE="Somebody Else")
    for ask in (
        lambda: ils.patrons.get(PATRON),
        lambda: ils.patrons.find(Barcode(CARD)),
        lambda: ils.patrons.check_pin(PATRON, "1234"),
        lambda: ils.fees.account(PATRON),
        lambda: list(ils.loans.of_patron(PATRON)),
        lambda: ils.loans.check_out(loan(), key="k"),
        lambda: ils.holds.place(wanted(), key="k"),
    ):
        with pytest.raises(ProtocolViolation, match="another patron") as caught:
            ask()
        assert "Somebody" not in str(caught.value)
        assert "29999000000008" not in str(caught.value)
    assert ils.sent("11") == ils.sent("15") == 0


def test_a_card_that_was_not_looked_at_is_neither_known_nor_unknown():
    """A blank BL."""
    ils = Ils()
    ils.changed["63"] = put(BL="")
    for ask in (lambda: ils.patrons.get(PATRON), lambda: ils.patrons.find(Barcode(CARD))):
        with pytest.raises(ProtocolViolation, match="BL"):
            ask()


def test_a_pin_that_was_not_looked_at_is_neither_right_nor_wrong():
    """A blank CQ, or none, is never false; Y and N are what they say."""
    ils = Ils()
    assert ils.patrons.check_pin(PATRON, "1234") is True
    assert ils.patrons.check_pin(PATRON, "0000") is False
    for said in ("", " ", None):
        ils.changed["63"] = put(CQ=said)
        with pytest.raises(Rejected, match="CQ") as caught:
            ils.patrons.check_pin(PATRON, "1234")
        assert "1234" not in str(caught.value)


def test_no_pin_is_right_for_nobody():
    """Also where a system says Y to an empty one."""
    ils = Ils()
    ils.changed["63"] = put(CQ="Y")
    assert ils.patrons.check_pin(PATRON, "") is False


def test_flags_are_blocks_of_their_own_names():
    """Which of them stop is the district's policy; one of them may have the district's name."""
    ils = Ils(evolve(SETTINGS, block_reason="ils-block"))
    blocked = PatronId("main", "29999000000010")
    assert [block.reason for block in ils.patrons.get(blocked).blocks] == [
        "ils-block",
        "renewal-denied",
        "recall-denied",
        "hold-denied",
    ]


def test_a_block_is_done_once_it_shows():
    """A second one sends nothing; another reason is refused, as SIP2 stores none."""
    ils = Ils()
    assert ils.patrons.set_block(PATRON, BLOCK, key="k1").kind is AnswerKind.DONE
    assert ils.patrons.get(PATRON).blocked_for("charge-denied") == BLOCK
    for key in ("k1", "k2"):
        assert ils.patrons.set_block(PATRON, BLOCK, key=key).kind is AnswerKind.DONE
    assert ils.sent("01") == 1
    with pytest.raises(Rejected, match="charge-denied"):
        ils.patrons.set_block(PATRON, Block("collection"), key="k3")
    with pytest.raises(Conflict):
        ils.patrons.set_block(PATRON, Block("collection"), key="k1")


def test_a_block_that_is_answered_and_not_stored_is_not_done():
    """As a system in use does: the 24 looks blocked, and the card borrows at once."""
    ils = Ils()
    ils.library.forgets_blocks = True
    with pytest.raises(Rejected, match="does not carry out 01"):
        ils.patrons.set_block(PATRON, BLOCK, key="k")
    assert ils.patrons.get(PATRON).blocks == ()


# --- money ---


def test_an_account_has_a_charge_for_each_line():
    """To the cent, with the same ids each time, and no card in them."""
    ils = Ils()
    ils.library.patrons[DEBTOR.local].fees.append(("Synthetic fee", Money(250)))
    first, second = (ils.fees.account(DEBTOR) for _ in range(2))
    assert [charge.amount for charge in first.charges] == [Money(1000), Money(250)]
    assert first.entries == second.entries
    assert DEBTOR.local not in str([charge.id for charge in first.charges])
    assert ils.fees.account(PATRON).entries == ()


@pytest.mark.parametrize(
    ("layout", "lines", "owed"),
    [("text", ("a", "b"), "12.5"), ("koha", ("Fee 10.00", "Credit -2.00"), "8"), ("koha", ("no amount",), "3.10")],
)
def test_lines_that_do_not_tell_what_is_owed_leave_the_whole(layout, lines, owed):
    """One charge of what BV says; a credit is no charge."""
    ils = Ils(evolve(SETTINGS, dialect=Dialect(item_lines="barcode", fine_lines=layout)))
    ils.changed["63"] = lambda answer: evolve(
        put(BV=owed, AV=None)(answer), fields=(*put(BV=owed)(answer).fields, *(("AV", line) for line in lines))
    )
    assert [charge.amount for charge in ils.fees.account(PATRON).charges] == [Money.parse(owed)]


def test_nothing_said_of_money_is_not_nothing_owed():
    """An answer without BV and without readable lines."""
    ils = Ils()
    ils.changed["63"] = put(BV=None)
    with pytest.raises(ProtocolViolation, match="BV"):
        ils.fees.account(PATRON)
    ils.changed["63"] = put(BV="ten dollars")
    with pytest.raises(ProtocolViolation, match="cannot be read") as caught:
        ils.fees.account(PATRON)
    assert "ten dollars" not in str(caught.value)


# --- items and loans ---


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("09", ItemState.CHECKED_IN),
        ("10", ItemState.IN_TRANSIT),
        ("13", ItemState.MISSING),
        ("77", ItemState.UNKNOWN_WORD),
    ],
)
def test_an_item_stands_as_the_system_says(status, state):
    """A status that the standard does not have stays the system's own word."""
    ils = Ils()
    ils.library.items[ITEM.local].status = status
    seen = ils.loans.get(ITEM)
    assert (seen.state, seen.loan) == (state, None)
    assert seen.word == (status if status == "77" else ils.catalog.item(ITEM).word)


def test_an_item_is_found_by_its_barcode():
    """With what an 18 tells of it: title, libraries, call number, medium."""
    ils = Ils()
    ils.changed["17"] = put(AQ="NS", AP="not a name", CS="FIC IMA", CK="001")
    seen = ils.catalog.find_item(Barcode(ITEM.local))
    assert (seen.id, seen.title, seen.home, seen.at) == (ITEM, TITLE, NORTH, None)
    assert (seen.call_number, seen.kind, seen.word) == ("FIC IMA", "book", "available")
    assert ils.catalog.item(ITEM) == seen


def test_an_item_that_nobody_knows():
    """Is none; and one of another instance is never asked for."""
    ils = Ils()
    assert ils.catalog.find_item(Barcode("0000")) is None
    for ask in (ils.catalog.item, ils.loans.get, lambda item: ils.loans.check_in(item, NORTH, key="k")):
        with pytest.raises(NotFound):
            ask(ItemId("main", "0000"))
        with pytest.raises(ConfigurationError):
            ask(ItemId("other", ITEM.local))
    (page,) = ils.loans.iter_items([ITEM, ItemId("main", "0000"), ITEM])
    assert [row.item for row in page.rows] == [ITEM]
    assert page.last


def test_another_item_is_never_taken_for_the_answer():
    """An 18 about another barcode."""
    ils = Ils()
    ils.changed["17"] = put(AB="39999000009999")
    for ask in (ils.loans.get, ils.catalog.item):
        with pytest.raises(ProtocolViolation, match="another item"):
            ask(ITEM)


def test_the_life_of_a_loan():
    """Lent, listed, renewed and taken back; each answer is what is read afterwards."""
    ils = Ils()
    lent = ils.loans.check_out(loan(), key="k1")
    assert (lent.item, lent.patron, lent.is_open) == (ITEM, PATRON, True)
    assert ils.loans.get(ITEM).loan == lent
    assert [row for page in ils.loans.of_patron(PATRON) for row in page.rows] == [lent]
    renewed = ils.loans.renew(ITEM, None, key="k2")
    assert (renewed.id, renewed.due_at > lent.due_at) == (lent.id, True)
    back = ils.loans.check_in(ITEM, NORTH, key="k3")
    assert (back.ended.id, back.ended.returned_at, back.circulation.loan) == (lent.id, CLOCK.now(), None)
    assert ils.loans.check_in(ITEM, NORTH, key="k4").ended is None


def test_a_key_acts_once():
    """Twice the same key is once; the same key for something else is Conflict."""
    ils = Ils()
    lent = [ils.loans.check_out(loan(), key="k1") for _ in range(2)]
    renewed = [ils.loans.renew(ITEM, None, key="k2") for _ in range(2)]
    back = [ils.loans.check_in(ITEM, NORTH, key="k3") for _ in range(2)]
    assert [ils.sent(code) for code in ("11", "29", "09")] == [1, 1, 1]
    assert lent[0].id == lent[1].id
    assert renewed[0] == renewed[1]
    assert back[0].ended == back[1].ended
    for again in (
        lambda: ils.loans.check_out(loan(item=OTHER), key="k1"),
        lambda: ils.loans.check_in(ITEM, SOUTH, key="k3"),
        lambda: ils.loans.renew(ITEM, None, key="k1"),
    ):
        with pytest.raises(Conflict):
            again()


def test_what_is_refused_before_anything_is_sent():
    """An item on loan (some systems renew it), a date that is past, one item too many, a renewal of nobody's."""
    ils = Ils()
    now = CLOCK.now()
    with pytest.raises(Rejected, match="past"):
        ils.loans.check_out(loan(due_at=now), key="k1")
    with pytest.raises(Rejected, match="0 items"):
        ils.loans.check_out(loan(at_most=0), key="k2")
    lent = ils.loans.check_out(loan(at_most=1), key="k3")
    with pytest.raises(Rejected, match="on loan"):
        ils.loans.check_out(loan(), key="k4")
    with pytest.raises(Rejected, match="later"):
        ils.loans.renew(ITEM, lent.due_at, key="k5")
    with pytest.raises(Rejected, match="not on loan"):
        ils.loans.renew(OTHER, None, key="k6")
    assert (ils.sent("11"), ils.sent("29")) == (1, 0)


def test_a_renewal_needs_to_know_whose_loan_it_is():
    """SIP2 renews for a card: what another process lent is known once the patron's loans were listed."""
    ils = Ils()
    ils.library.items[ITEM.local].due = "20261130    235900"
    ils.library.patrons[CARD].loans.append(ITEM.local)
    assert ils.loans.get(ITEM).loan.patron is None
    with pytest.raises(Rejected, match="whose loan"):
        ils.loans.renew(ITEM, None, key="k1")
    list(ils.loans.of_patron(PATRON))
    assert ils.loans.get(ITEM).loan.patron == PATRON
    ils.loans.renew(ITEM, None, key="k2")
    ils.library.patrons[CARD].loans.remove(ITEM.local)  # somebody else has it now
    assert ils.loans.get(ITEM).loan.patron is None


def test_a_refusal_never_repeats_what_the_system_shows_to_the_patron():
    """Its text may hold a name; the reason is told in our words."""
    ils = Ils()
    ils.changed["11"] = lambda answer: evolve(
        put(AF="Money owed: Fake Testpatron016")(answer), fixed=("0", *answer.fixed[1:])
    )
    with pytest.raises(Rejected, match="money is owed") as caught:
        ils.loans.check_out(loan(), key="k")
    assert "Testpatron" not in str(caught.value)
    ils.changed["11"] = lambda answer: evolve(put(AF="Fake Testpatron016")(answer), fixed=("0", *answer.fixed[1:]))
    ils.library.items[OTHER.local] = FakeItem(OTHER.local, "Synthetic title")
    with pytest.raises(Rejected, match="no reason"):
        ils.loans.check_out(loan(item=OTHER), key="k2")


def test_a_fee_is_asked_about_first():
    """Nothing is lent before it was accepted, and it is lent once it was."""
    ils = Ils()
    ils.library.items[ITEM.local].fee = Money(500)
    asked = ils.loans.check_out(loan(), key="k")
    assert isinstance(asked, Unanswered)
    assert "5.00" in asked.questions[0].words
    assert ils.loans.get(ITEM).loan is None
    with pytest.raises(Rejected):
        ils.loans.check_out(loan(), key="k", answers=Answers((("fee", "no"),)))
    lent = ils.loans.check_out(loan(), key="k", answers=Answers((("fee", "yes"),)))
    assert lent.item == ITEM


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("20261130    235900", "2026-12-01T07:59:00+00:00"),
        ("2026-11-30 23:59", "2026-12-01T07:59:00+00:00"),
        ("2026-11-30", "2026-12-01T07:59:59.999999+00:00"),
    ],
)
def test_due_dates_as_systems_write_them(text, due):
    """The library's own time; a bare date is the end of that day."""
    ils = Ils()
    ils.library.items[ITEM.local].due = "x"
    ils.changed["17"] = put(AH=text)
    assert ils.loans.get(ITEM).loan.due_at.isoformat() == due


def test_a_due_date_that_is_none_is_not_guessed():
    """Nor is the loan left out; a lent item without any date has no loan to tell of."""
    ils = Ils()
    ils.library.items[ITEM.local].due = "x"
    for text in ("next Tuesday", "2026-13-30", "9999-12-31"):
        ils.changed["17"] = put(AH=text)
        with pytest.raises(ProtocolViolation):
            ils.loans.get(ITEM)
    ils.changed["17"] = put(AH="")
    seen = ils.loans.get(ITEM)
    assert (seen.state, seen.loan) == (ItemState.ON_LOAN, None)
    with pytest.raises(Rejected, match="on loan"):
        ils.loans.check_out(loan(), key="k")


def test_a_list_that_is_cut_is_asked_for_by_its_places():
    """A system that gives two lines at a time: all of them are there, in the order of their due dates."""
    ils = Ils()
    barcodes = [f"3999900000{n}" for n in range(5000, 5005)]
    for number, barcode in enumerate(barcodes):
        ils.library.items[barcode] = FakeItem(
            barcode, "Synthetic", due=f"2026113{number % 2}    235900".replace("31  ", "30  ")
        )
    ils.library.patrons[CARD].loans.extend(barcodes)

    def two(answer):
        first = int(ils.heard[-1].text("BP") or 1)
        lines = [(tag, text) for tag, text in answer.fields if tag == "AU"][first - 1 : first + 1]
        return evolve(answer, fields=(*(pair for pair in answer.fields if pair[0] != "AU"), *lines))

    ils.changed["63"] = two
    (page,) = ils.loans.of_patron(PATRON)
    assert sorted(row.item.local for row in page.rows) == barcodes
    assert page.total == 5


def test_a_part_of_a_list_is_never_passed_off_as_the_whole():
    """A system that gives the same two lines each time, one that gives none, and a line without a barcode."""
    ils = Ils()
    ils.library.patrons[CARD].loans.extend(["39999000004001", "39999000004101"])
    for line in (("AU", "39999000004001"), ("AF", "nothing"), ("AU", "two words")):
        ils.changed["63"] = lambda answer, line=line: evolve(
            answer, fields=(*(pair for pair in answer.fields if pair[0] != "AU"), line)
        )
        with pytest.raises(ProtocolViolation, match=r"counts 2|without a barcode"):
            list(ils.loans.of_patron(PATRON))


# --- holds ---


def test_the_life_of_a_hold():
    """Placed on an item, moved and cancelled; its id names nobody."""
    ils = Ils()
    placed = ils.holds.place(wanted(), key="k1")
    assert (placed.patron, placed.item, placed.title, placed.pickup) == (PATRON, ITEM, TITLE, NORTH)
    assert [request.text("BS") for request in ils.heard if request.code == "15"] == ["NS"]
    assert CARD not in str(placed.id)
    assert ITEM.local not in str(placed.id)
    moved = ils.holds.change_pickup(placed.id, SOUTH, key="k2")
    assert (moved.id, moved.pickup, moved.placed_at) == (placed.id, SOUTH, placed.placed_at)
    gone = ils.holds.cancel(placed.id, key="k3")
    assert (gone.state, gone.pickup, ils.library.patrons[CARD].holds) == (HoldState.CANCELLED, SOUTH, [])
    again = ils.holds.place(wanted(), key="k4")
    assert again.id != placed.id


def test_a_hold_that_is_named_by_another_process():
    """The id holds what is needed, for whoever has the same login."""
    ils = Ils()
    placed = ils.holds.place(wanted(), key="k1")
    other = Ils()
    other.library.patrons[CARD].holds.append(ITEM.local)
    assert other.holds.cancel(placed.id, key="k1").patron == PATRON
    stranger = Ils(evolve(SETTINGS, host="another.example"))
    for id_ in (placed.id, HoldId("main", "1"), HoldId("main", placed.id.local[:-2] + "aa")):
        with pytest.raises(NotFound):
            stranger.holds.cancel(id_, key="k1")


def test_a_hold_acts_once_for_a_key():
    """Each of the three."""
    ils = Ils()
    first, second = (ils.holds.place(wanted(), key="k1") for _ in range(2))
    moved = [ils.holds.change_pickup(first.id, SOUTH, key="k2") for _ in range(2)]
    gone = [ils.holds.cancel(first.id, key="k3") for _ in range(2)]
    assert first == second
    assert moved[0] == moved[1]
    assert gone[0] == gone[1]
    assert ils.sent("15") == 3


def test_holds_that_are_refused():
    """Without an item, on an item of another title, for a day that passed, one too many, and by the system."""
    ils = Ils()
    day = CLOCK.now().date()
    for request, why in (
        (wanted(item=None), "give one"),
        (wanted(item=OTHER), "another title"),
        (wanted(not_needed_after=day.replace(day=1)), "passed"),
        (wanted(at_most=0), "0 holds"),
    ):
        with pytest.raises(Rejected, match=why):
            ils.holds.place(request, key="k1")
    assert ils.sent("15") == 0
    ils.holds.place(wanted(not_needed_after=day, at_most=1), key="k2")
    with pytest.raises(Rejected, match="refuses"):
        ils.holds.place(wanted(), key="k3")


def test_a_system_that_counts_no_holds_is_asked_for_none():
    """Nothing could be read back."""
    ils = Ils()
    ils.changed["63"] = lambda answer: evolve(answer, fixed=(*answer.fixed[:-1], "    "))
    with pytest.raises(Rejected, match="count"):
        ils.holds.place(wanted(), key="k")


# --- what is declared ---


def test_every_operation_is_declared_and_what_is_not_offered_is_refused_with_its_reason():
    """Both ways: by the guard, and by the ports themselves."""
    ports = ("loans", "patrons", "holds", "catalog", "fees")
    assert set(CAPABILITIES) == {operation for port in ports for operation in port_operations(port)}
    bare = SIP2.open(SETTINGS, context(None))
    for where, capability in CAPABILITIES.items():
        if isinstance(capability, Unsupported):
            port, _, name = where.partition(".")
            arguments = inspect.signature(getattr(PORTS[port][0], name)).parameters
            plain = [None for one in list(arguments.values())[1:] if one.kind is one.POSITIONAL_OR_KEYWORD]
            named = {one.name: None for one in arguments.values() if one.kind is one.KEYWORD_ONLY}
            with pytest.raises(UnsupportedOperation, match=capability.reason[:20]):
                getattr(getattr(bare, port), name)(*plain, **named)


def test_lines_without_a_layout_have_no_list():
    """What a patron has cannot be told, and is declared so."""
    plain = evolve(SETTINGS, dialect=Dialect())
    assert isinstance(capabilities_of(plain)["loans.of_patron"], Unsupported)
    with pytest.raises(UnsupportedOperation, match="item_lines"):
        list(Ils(plain).loans.of_patron(PATRON))


def test_what_the_systems_bx_leaves_out_is_refused_at_the_call():
    """Known after connecting only: nothing is sent, and the rest works."""
    ils = Ils(without=("11", "15", "01"))
    for ask, code in (
        (lambda: ils.loans.check_out(loan(), key="k"), "11"),
        (lambda: ils.holds.place(wanted(), key="k"), "15"),
        (lambda: ils.patrons.set_block(PATRON, BLOCK, key="k"), "01"),
    ):
        with pytest.raises(UnsupportedOperation, match=f"BX declares no .*{code}"):
            ask()
    assert ils.patrons.get(PATRON).id == PATRON


def test_separators_in_a_value_are_refused_and_never_sent():
    """In a card, a barcode, a PIN and a library's code."""
    ils = Ils()
    for ask in (
        lambda: ils.patrons.get(PatronId("main", "29999|AA29999000000008")),
        lambda: ils.patrons.check_pin(PATRON, "12|34"),
        lambda: ils.patrons.check_pin(PATRON, "12\r34"),
        lambda: ils.loans.get(ItemId("main", "3999|CK001")),
    ):
        with pytest.raises(Rejected, match="not sent"):
            ask()
    assert ils.sent("63") == ils.sent("17") == 0


def test_settings_and_secrets_that_cannot_be():
    """Are named, and no secret is."""
    with pytest.raises(InvalidValue, match="libraries"):
        Sip2Settings("h", libraries={"A": "x", "B": "x"})
    with pytest.raises(InvalidValue):
        Sip2Settings("h", libraries={"A": "no name"})
    with pytest.raises(InvalidValue, match="block_reason"):
        Sip2Settings("h", block_reason="No Code")
    for host in ("", "https://h", "h:6001", "h/p", "two words", "-h", "[::1]", 7):
        with pytest.raises(InvalidValue, match="without a scheme"):
            Sip2Settings(host)
    for host in ("h", "sip.example.org", "127.0.0.1", "::1", "a_b"):
        assert Sip2Settings(host).host == host
    with pytest.raises(ConfigurationError, match="authorities, certificate or key"):
        open_backend(SIP2, Sip2Settings("h", tls=TlsSettings(authorities="nope.pem")), context(None))
    with pytest.raises(ConfigurationError, match="env:SIP2_PASSWORD"):
        Ils(secret=" ")
    assert "secret" not in repr(Ils().opened.patrons)


def test_closing_twice_and_asking_again():
    """The next request makes another connection."""
    ils = Ils()
    ils.patrons.get(PATRON)
    ils.opened.close()
    ils.opened.close()
    assert ils.patrons.get(PATRON).id == PATRON


def test_recorded_answers_are_read_without_a_fault():
    """Every 18 and 64 that a real system gave is mapped, or refused in the words of the tree."""
    at, zone = datetime(2026, 11, 22, tzinfo=UTC), ZoneInfo("America/Los_Angeles")
    codec = Codec(PLAIN)
    legal = (row.answer for row in recorded() if row.answer and (row.label, "answer") not in ILLEGAL)
    answers = [codec.decode(raw, demand=False).message for raw in legal]
    items = [one for one in answers if one.code == "18"]
    people = [one for one in answers if one.code == "64" and one.text("BL") == "Y"]
    assert len(items) >= 3
    assert len(people) >= 10
    for answer in items:
        item = ItemId("main", answer.text("AB"))
        if is_known_item(answer):
            seen = to_circulation(answer, item, zone, at=at)
            assert (seen.loan is not None) == bool(answer.text("AH"))
            assert to_item(answer, item, SETTINGS).title
    for answer in people:
        seen = to_patron(answer, PatronId("main", answer.text("AA")), SETTINGS, at=at)
        assert seen.birth_date is not None
        assert seen.contact.name is not None
        assert seen.category
