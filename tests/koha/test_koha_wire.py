"""Koha's JSON: what a real one sent is read, and whatever else arrives is read or refused."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters._shared.faults import Call
from scld_adapters._shared.http import Headers, Response
from scld_adapters._shared.jsonwire import WireProblem
from scld_adapters.koha import wire
from scld_adapters.koha.errors import reason_of, remote_error
from scld_adapters.koha.mapping import Mapper, Unmappable, from_contact
from scld_adapters.koha.settings import KohaSettings
from scld_core.circulation.model import ItemState
from scld_core.errors import (
    Conflict,
    InvalidValue,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    Rejected,
    ServiceAuthError,
    Unavailable,
)
from scld_core.fees.model import ChargeKind, LegalClass
from scld_core.holds.states import HoldState
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.money import Money
from scld_core.patrons.contact import Address, Contact, Email, PersonName, Phone
from scld_core.plugins import SecretRef

FILE = Path(__file__).with_name("koha_rest_23_05.jsonl")
RECORDED = {row["label"]: row for row in map(json.loads, FILE.read_text(encoding="utf-8").splitlines()[1:])}
NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
SETTINGS = KohaSettings(
    "https://staff.example.org",
    user="u",
    password=SecretRef("env:X"),
    libraries={"deer-park": "DP"},
    lost={"1": "lost"},
)
MAP = Mapper("koha", SETTINGS, ZoneInfo("America/Los_Angeles"))
DECODERS = (
    wire.decode_patron,
    wire.decode_hold,
    wire.decode_checkout,
    wire.decode_item,
    wire.decode_biblio,
    wire.decode_library,
    wire.decode_debit,
)


def body(label):
    """What was answered."""
    return json.dumps(RECORDED[label]["answer"]).encode()


def answer(label):
    """The answer with its status."""
    return Response(RECORDED[label]["status"], Headers(), body(label))


def test_recorded_patrons_are_read():
    """As GET gives one, as POST gives the same with fields left out and days with a time behind."""
    got = wire.decode_one(body("patron.get"), wire.decode_patron)
    made = wire.decode_one(body("patron.create"), wire.decode_patron)
    assert (
        (got.number, got.card, got.expires)
        == (made.number, made.card, made.expires)
        == (
            124,
            "28888000000001",
            date(2035, 2, 22),
        )
    )
    shown = MAP.patron(got, NOW)
    assert shown.contact == Contact(
        name=PersonName(family="Fakeborrower", given="Synthetica"),
        address=Address(lines=("1 Nowhere St",), city="Faketown", postcode="00000"),
        emails=(Email("synthetica@example.invalid"),),
    )
    assert (shown.home, shown.category, shown.blocks) == (LocationId("deer-park"), "PT", ())
    lost = wire.decode_one(body("patron.create.unicode"), wire.decode_patron)
    assert MAP.patron(lost, NOW).contact.name.given == "Zoë"


def test_recorded_holds_are_read():
    """A hold's item comes as text; one on the shelf has its last day there; a suspension has its day."""
    rows = wire.decode_list(body("holds.list.patron"), wire.decode_hold)
    assert [MAP.hold(row, NOW).state for row in rows] == [HoldState.WAITING] * 3
    assert MAP.hold(rows[1], NOW).not_needed_after == date(2027, 3, 1)
    (waiting,) = wire.decode_list(body("holds.waiting"), wire.decode_hold)
    shown = MAP.hold(waiting, NOW)
    assert (shown.state, str(shown.trapped), shown.shelf_until) == (HoldState.READY, "koha:132", date(2026, 11, 29))
    assert (shown.rank, shown.not_needed_after, shown.item) == (None, None, shown.trapped)
    (suspended,) = wire.decode_list(body("hold.suspend.until.list"), wire.decode_hold)
    assert MAP.hold(suspended, NOW).suspended_until == date(2026, 12, 31)
    assert MAP.hold(suspended, NOW).rank == 1
    placed = wire.decode_one(body("hold.create.item"), wire.decode_hold)
    assert (placed.item, placed.item_level) == (61, True)


def test_recorded_loans_items_titles_and_charges_are_read():
    """Each in the house's own words; what Koha does not tell is not told."""
    (lent,) = wire.decode_list(body("checkouts.patron"), wire.decode_checkout)
    assert MAP.loan(lent).due_at == datetime(2026, 11, 13, 7, 59, tzinfo=UTC)
    one = wire.decode_one(body("item.get"), wire.decode_item)
    assert (one.barcode, one.call_number, one.kind) == ("39999000002101", "TEST 021", "MU")
    assert MAP.item(one).holdable is None
    assert MAP.circulation(one, lent, None, NOW).state is ItemState.ON_LOAN
    title = wire.decode_one(body("biblio.get"), wire.decode_biblio)
    assert (MAP.title(title).title, MAP.title(title).author) == ("Synthetic title 021", "Author, Imaginary 21")
    libraries = wire.decode_list(body("libraries.list"), wire.decode_library)
    assert {type(MAP.library(row)).__name__ for row in libraries} == {"Library"}
    debits = wire.decode_list(body("debits.list"), wire.decode_debit)
    account = MAP.account(PatronId("koha", "7"), debits[:2], NOW)
    assert account.balance == Money(1250)
    with pytest.raises(Unmappable, match="parts of a cent"):
        MAP.account(PatronId("koha", "7"), debits, NOW)


@pytest.mark.parametrize(
    ("label", "kind", "said"),
    [
        ("auth.none", ServiceAuthError, "Authentication failure."),
        ("auth.badpw", ServiceAuthError, "Invalid password"),
        ("auth.forbidden.desk", PermissionDenied, ""),
        ("oauth.token.badsecret", ServiceAuthError, "access_denied"),
        ("oauth.bearer.bad", ServiceAuthError, "Authentication failure."),
        ("hold.create.dup", Rejected, "tooManyHoldsForThisRecord"),
        ("hold.suspend.waiting", Rejected, "W"),
        ("checkout.renew.4", Rejected, "too_many"),
        ("hold.create.badpatron", Rejected, ""),
        ("hold.create.nopickup", Rejected, ""),
        ("hold.create.baditem", NotFound, ""),
        ("hold.delete.again", NotFound, ""),
        ("patrons.get.404", NotFound, ""),
        ("patrons.get.nonint", Rejected, ""),
        ("patrons.list.badparam", Rejected, ""),
        ("patron.create.dup.cardnumber", Rejected, "cardnumber is another's"),
        ("patron.create.dup.userid", Rejected, ""),
        ("hold.create.badbiblio", OutcomeUnknown, ""),
        ("patrons.q.badfield", Unavailable, ""),
    ],
)
def test_a_recorded_refusal_means_what_it_says(label, kind, said):
    """In each of Koha's three shapes; of its words the reason alone is repeated."""
    write = RECORDED[label]["method"] != "GET"
    found = remote_error(Call("koha", "x", "k" if write else None), answer(label), now=NOW)
    assert type(found) is kind
    assert reason_of(answer(label)) == said
    assert "fake001" not in str(found)


def test_what_was_done_is_no_error():
    """And a conflict that names no field is one with another state, such as a claim that is there already."""
    assert remote_error(Call("koha", "x"), answer("patron.get"), now=NOW) is None
    clash = Response(409, Headers(), b'{"error":"Bad request - claim exists"}')
    assert type(remote_error(Call("koha", "x", "k"), clash, now=NOW)) is Conflict


LEAF = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=6)
FIELDS = sorted({name for label in ("patron.get", "item.get", "checkout.get") for name in RECORDED[label]["answer"]})


@given(
    st.sampled_from(DECODERS),
    st.sampled_from(["patron.get", "item.get", "biblio.get", "checkout.get", "hold.create.item"]),
    st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=4), LEAF, max_size=4),
)
def test_any_json_is_a_record_or_refused(decode, label, changes):
    """Fields of other kinds, missing ones and strange ones: a record, or a problem that repeats no value."""
    data = json.dumps({**RECORDED[label]["answer"], **changes}).encode()
    said = ""
    try:
        wire.decode_one(data, decode)
    except WireProblem as problem:
        said = str(problem)
    assert "28888000000001" not in said


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_in_words(data):
    """A body that is none has no reason either."""
    response = Response(400, Headers(), data)
    assert isinstance(reason_of(response), str)
    for read in (lambda: wire.decode_one(data, wire.decode_hold), lambda: wire.decode_list(data, wire.decode_hold)):
        try:
            read()
        except WireProblem:
            continue


@given(
    st.builds(
        Contact,
        name=st.builds(PersonName, family=st.sampled_from(["Sample", "測試"]), given=st.sampled_from(["", "Zoë"])),
        address=st.none() | st.builds(Address, lines=st.sampled_from([("1 Nowhere St",), ("1 A St", "Apt 2")])),
        emails=st.sampled_from([(), (Email("a@example.invalid"),)]),
        phones=st.sampled_from([(), (Phone("509-555-0100"),), (Phone("509-555-0100"), Phone("509-555-0101"))]),
    )
)
def test_a_contact_comes_back_as_it_was_sent(contact):
    """Through Koha's own fields; what is not there is taken out."""
    row = {"patron_id": 1, "library_id": "DP", "category_id": "PT", **from_contact(contact)}
    read = wire.decode_one(json.dumps(row).encode(), wire.decode_patron)
    assert MAP.patron(read, NOW).contact == contact


def test_what_koha_has_no_field_for_is_refused():
    """Nothing is left out silently."""
    with pytest.raises(Unmappable, match="two lines"):
        from_contact(Contact(address=Address(lines=("1", "2", "3"))))
    with pytest.raises(Unmappable, match="mailboxes"):
        from_contact(Contact(phones=tuple(Phone(f"509-555-010{n}") for n in range(4))))


def test_a_record_that_ours_cannot_hold_is_refused():
    """A barcode with line ends, a hold of an unknown status, one that is set aside without an item."""
    row = dict(RECORDED["hold.create.biblio"]["answer"])
    for change, why in (({"status": "X"}, "status"), ({"status": "W"}, "no item")):
        odd = wire.decode_hold({**row, **change})
        with pytest.raises(Unmappable, match=why):
            MAP.hold(odd, NOW)
    with pytest.raises(Unmappable, match="barcode"):
        MAP.barcode("")


def test_what_became_of_an_item():
    """Withdrawn before lost before lent before set aside; a status that no setting names is told as it is."""
    one = dict(RECORDED["item.get"]["answer"])
    hold = wire.decode_hold({**RECORDED["holds.waiting"]["answer"][0]})
    (lent,) = wire.decode_list(body("checkouts.patron"), wire.decode_checkout)
    for change, loan, held, state in (
        ({}, None, None, ItemState.CHECKED_IN),
        ({}, None, hold, ItemState.ON_HOLD_SHELF),
        ({}, lent, None, ItemState.ON_LOAN),
        ({"lost_status": 1}, lent, None, ItemState.LOST),
        ({"lost_status": 2}, lent, None, ItemState.UNKNOWN_WORD),
        ({"lost_status": 1, "withdrawn": 1}, lent, None, ItemState.WITHDRAWN),
    ):
        seen = MAP.circulation(wire.decode_item({**one, **change}), loan, held, NOW)
        assert seen.state is state
    assert MAP.item(wire.decode_item({**one, "effective_not_for_loan_status": 1, "lost_status": 2})).word == (
        "lost_status 2, not for loan 1"
    )
    assert MAP.item(wire.decode_item({**one, "effective_not_for_loan_status": -1})).holdable is True


def test_charges_have_the_kinds_that_settings_name():
    """Beside Koha's own; the legal class follows from the kind."""
    row = RECORDED["debits.list"]["answer"][0]
    own = KohaSettings("https://x.example.org", user="u", password=SecretRef("env:X"), debits={"MANUAL": "damaged"})
    told = wire.decode_debit(row)
    (charge,) = Mapper("koha", own, ZoneInfo("UTC")).account(PatronId("koha", "7"), [told], NOW).charges
    assert (charge.kind, charge.legal_class) == (ChargeKind.DAMAGED, LegalClass.REPLACEMENT)
    (plain,) = MAP.account(PatronId("koha", "7"), [told], NOW).charges
    assert plain.kind is ChargeKind.OTHER
    over = wire.decode_debit({**row, "amount_outstanding": 9.0})
    with pytest.raises(Unmappable, match="more is owed"):
        MAP.account(PatronId("koha", "7"), [over], NOW)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"url": "http://staff.example.org"}, "https"),
        ({"url": "https://user@staff.example.org"}, "https"),
        ({"user": "", "password": None}, "user"),
        ({"client_id": "c"}, "user"),
        ({"password": None}, "password"),
        ({"client_id": "c", "user": "", "password": None}, "client_secret"),
        ({"libraries": {"a": "X", "b": "X"}}, "twice"),
        ({"libraries": {"a": ""}}, "codes"),
        ({"libraries": 5}, "codes"),
        ({"lost": {"one": "lost"}}, "numbers"),
        ({"lost": {"1": "gone"}}, "numbers"),
        ({"debits": {"LOST": "nothing"}}, "kinds of charge"),
        ({"page_size": 0}, "page_size"),
    ],
)
def test_settings_say_what_is_wrong(changes, rule):
    """At their own key."""
    told = {"url": "https://staff.example.org", "user": "u", "password": SecretRef("env:X"), **changes}
    with pytest.raises(InvalidValue, match=rule):
        KohaSettings(**told)
