"""Hypothesis strategies of scld's values; importing this registers them for `from_type` and annotations.

Everything drawn is synthetic. Ids belong to a few instances, so that strangers meet.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from scld_core.calendars.model import Closure
from scld_core.catalog.model import Item, Library, Query, Title
from scld_core.circulation.model import CheckOutRequest, Circulation, ItemState, Loan
from scld_core.fees.ledger import Account, Standing
from scld_core.fees.model import Charge, ChargeId, ChargeKind, ChargeTerms, Entry, EntryId, EntryKind, LegalClass, Part
from scld_core.fees.rules import Stamp, assessment, cancellation, credit, may_post, reversal
from scld_core.holds.model import Hold, HoldRequest
from scld_core.holds.states import TRAPPED, HoldState
from scld_core.hotspots.account import AccountLine
from scld_core.hotspots.model import Device, LineView, ServiceState
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.decision import Reason
from scld_core.kernel.devices import Iccid, Imei, Line, Msisdn
from scld_core.kernel.ids import HoldId, ItemId, LoanId, LocationId, PatronId, TitleId
from scld_core.kernel.money import Money
from scld_core.patrons.contact import Address, Contact, Email, PersonName, Phone
from scld_core.patrons.model import Household
from scld_core.patrons.person import Block, Card, CollectionFlag, Patron
from scld_core.runs.model import (
    Answer,
    AnswerKind,
    Approval,
    Evidence,
    JournalEntry,
    Risk,
    Step,
    StepRecord,
    StepState,
)
from scld_core.testing._hypothesis import st

__all__ = [
    "account_lines",
    "accounts",
    "answers",
    "barcodes",
    "blocks",
    "charge_terms",
    "check_out_requests",
    "circulations",
    "closures",
    "contacts",
    "devices",
    "hold_ids",
    "hold_requests",
    "holds",
    "iccids",
    "imeis",
    "instants",
    "item_ids",
    "items",
    "journal_entries",
    "libraries",
    "line_views",
    "lines",
    "loan_ids",
    "loans",
    "location_ids",
    "money",
    "msisdns",
    "patron_ids",
    "patrons",
    "queries",
    "step_records",
    "steps",
    "texts",
    "title_ids",
    "titles",
    "words",
]

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
"""Text that every store can keep."""

words = texts.filter(str.strip)
"""Text that is not blank."""

instants = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
"""Instants in UTC, to the microsecond."""

_instances = st.sampled_from(("main", "branch", "kit"))
_locals = st.text("abcdefghijklmnopqrstuvwxyz0123456789-.@", min_size=1, max_size=8)
_digits = "0123456789"

item_ids = st.builds(ItemId, _instances, _locals)
loan_ids = st.builds(LoanId, _instances, _locals)
patron_ids = st.builds(PatronId, _instances, _locals)
households = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8).map(lambda key: Household(f"h-{key}"))
location_ids = st.builds(LocationId, st.sampled_from(("north-spokane", "cheney", "deer-park")))
barcodes = st.integers(0, 10**12 - 1).map(lambda n: f"3{n:012d}").map(lambda body: Barcode(body + luhn_digit(body)))
imeis = st.text(_digits, min_size=14, max_size=14).map(lambda body: Imei(body + luhn_digit(body)))
iccids = st.text(_digits, min_size=16, max_size=18).map(lambda body: Iccid("89" + body))
msisdns = st.integers(2 * 10**9, 10**10 - 1).map(lambda n: Msisdn(f"1{n}"))
lines = st.builds(Line, imeis, iccids, st.none() | msisdns)
devices = st.builds(Device, item_ids, barcodes, lines, st.just("carrier"), st.none() | location_ids)


@st.composite
def _loans(draw: st.DrawFn) -> Loan:
    item = draw(item_ids)
    number = LoanId(item.backend, draw(_locals))
    patron = draw(st.none() | _locals.map(lambda local: PatronId(item.backend, local)))
    out, due = sorted((draw(instants), draw(instants)))
    ended, household = draw(st.none() | instants), draw(st.none() | households)
    return Loan(number, item, due, out, ended, patron, household, draw(st.none() | st.integers(0, 9)))


loans = _loans()
"""Loans whose ids are of one instance, due after they began."""


@st.composite
def _circulations(draw: st.DrawFn) -> Circulation:
    loan = draw(st.none() | loans)
    item = draw(item_ids) if loan is None else loan.item
    state = draw(st.sampled_from(ItemState))
    return Circulation(item, state, draw(instants), loan, draw(st.none() | instants), draw(texts))


check_out_requests = st.builds(
    CheckOutRequest,
    patron=patron_ids,
    item=item_ids,
    due_at=st.none() | instants,
    at=st.none() | location_ids,
    at_most=st.none() | st.integers(0, 99),
)
"""Requests to lend any item to anybody."""

circulations = _circulations()
"""Items with their own loan or none."""

_states = st.sampled_from(ServiceState)
line_views = st.builds(LineView, imeis, iccids, _states, instants, texts, st.none() | instants)
account_lines = st.builds(AccountLine, imeis, iccids, _states, instants, st.none() | msisdns, texts)
answers = st.builds(Answer, st.sampled_from(AnswerKind), texts, texts)

money = st.integers(1, 10**9).map(Money)
"""Amounts above zero, a few of them large."""

_kinds = st.sampled_from([kind for kind in ChargeKind if kind is not ChargeKind.AGENCY_FEE])
_classes = st.sampled_from([one for one in LegalClass if one is not LegalClass.COLLECTION_COST])


@st.composite
def _terms(draw: st.DrawFn, instance: st.SearchStrategy[str] = _instances) -> ChargeTerms:
    fee = draw(st.booleans())
    return ChargeTerms(
        kind=ChargeKind.AGENCY_FEE if fee else draw(_kinds),
        legal_class=LegalClass.COLLECTION_COST if fee else draw(_classes),
        amount=draw(money),
        assessed_at=draw(instants),
        item=draw(st.none() | st.builds(ItemId, instance, _locals)),
        branch=draw(st.none() | location_ids),
        note=draw(texts),
    )


charge_terms = _terms()
"""Charges that no ILS has an id for yet; a fee of an agency is of the class that the law gives it."""


@st.composite
def _accounts(draw: st.DrawFn) -> Account:
    patron = draw(patron_ids)
    account, at = Account(patron=patron, as_of=datetime(2099, 1, 1, tzinfo=UTC)), draw(instants)
    for place in range(draw(st.integers(0, 10))):
        at += timedelta(seconds=draw(st.integers(0, 10**6)))
        number, key = EntryId(patron.backend, f"e{place}"), draw(st.sampled_from(("", f"k{place}")))
        stamp = Stamp(id=number, at=at, by=draw(words), key=key, reason=draw(st.sampled_from(("", "error"))))
        entry = draw(_next_entry(account, stamp))
        account = account.having(entry) if may_post(account, entry).permitted else account
    return account


def _next_entry(account: Account, stamp: Stamp) -> st.SearchStrategy[Entry]:
    backend = account.patron.backend
    number = ChargeId(backend, f"c{len(account.entries)}")
    new = _terms(st.just(backend)).map(lambda terms: assessment(Charge.of(terms, number, account.patron), stamp))
    owed = [standing for standing in account.standings if standing.outstanding]
    ways = [new]
    if owed:
        ways.append(st.sampled_from(owed).map(lambda standing: cancellation(standing, stamp)))
        ways.append(_credits(owed, stamp))
    if account.entries:
        ways.append(st.sampled_from(account.entries).map(lambda entry: reversal(entry, stamp)))
    return st.one_of(ways)


@st.composite
def _credits(draw: st.DrawFn, owed: list[Standing], stamp: Stamp) -> Entry:
    kind = draw(st.sampled_from((EntryKind.PAYMENT, EntryKind.WAIVER, EntryKind.REDUCTION)))
    chosen = draw(st.lists(st.sampled_from(owed), min_size=1, unique_by=lambda standing: standing.charge.id))
    parts = [
        Part(one.charge.id, Money(draw(st.integers(1, one.outstanding.cents) | st.just(one.outstanding.cents))))
        for one in chosen
    ]
    return credit(kind, *parts, stamp=stamp)


accounts = _accounts()
"""Accounts with every kind of entry, many of them at the same instant."""

_codes = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
blocks = st.builds(Block, _codes, st.none() | instants, texts)
_flags = st.builds(CollectionFlag, texts, st.none() | instants, texts)


_words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)
_one_line = st.lists(_words, max_size=3).map(" ".join)
_names = st.builds(PersonName, _words, _one_line)
_addresses = st.builds(
    Address,
    lines=st.lists(_one_line, max_size=2).map(tuple),
    city=_one_line,
    region=_one_line,
    postcode=_one_line,
)
_emails = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8).map(lambda name: Email(f"{name}@example.org"))
_phones = st.integers(0, 9999).map(lambda number: Phone(f"509-555-{number:04d}"))
contacts = st.builds(
    Contact,
    name=st.none() | _names,
    address=st.none() | _addresses,
    emails=st.lists(_emails, max_size=2).map(tuple),
    phones=st.lists(_phones, max_size=2).map(tuple),
)
"""How people are called and reached, in any script."""


@st.composite
def _patrons(draw: st.DrawFn) -> Patron:
    number = draw(patron_ids)
    records = st.builds(PatronId, st.just(number.backend), _locals).filter(lambda other: other != number)
    present = draw(st.integers(0, 2))
    numbers = draw(st.lists(barcodes, max_size=4, unique=True))
    cards = [
        Card(number=one, present=place < present, replaced_at=None if place < present else draw(st.none() | instants))
        for place, one in enumerate(numbers)
    ]
    return Patron(
        id=number,
        as_of=draw(instants),
        birth_date=draw(st.none() | st.dates(date(1900, 1, 1), date(2030, 1, 1))),
        responsible_adult=draw(st.none() | records),
        category=draw(texts),
        home=draw(st.none() | location_ids),
        cards=tuple(cards),
        merged_from=tuple(draw(st.lists(records, max_size=2, unique=True))),
        flag=draw(st.none() | _flags),
        blocks=tuple(draw(st.lists(blocks, max_size=3, unique_by=lambda block: block.reason))),
        contact=draw(st.none() | contacts),
        expires_on=draw(st.none() | st.dates(date(2000, 1, 1), date(2099, 1, 1))),
    )


patrons = _patrons()
"""Patrons whose ids are of one instance; some of unknown age, some without a card."""

_reasons = st.builds(Reason, words, st.lists(st.tuples(texts, texts), max_size=2).map(tuple), texts, texts)
_evidence = st.builds(Evidence, words, words, instants)
steps = st.builds(
    Step,
    st.sampled_from(("kit.suspend", "kit.restore")),
    words,
    words,
    st.sampled_from(("hotspots", "fees")),
    st.dates(date(2000, 1, 1), date(2099, 1, 1)),
    words,
    label=texts,
    reasons=st.lists(_reasons, max_size=2).map(tuple),
    evidence=st.lists(_evidence, max_size=2).map(tuple),
    risk=st.sampled_from(Risk),
    needs_approval=st.booleans(),
    undoes=texts,
)
_approvals = st.builds(Approval, words, instants, words, words)
step_records = st.builds(
    StepRecord,
    steps,
    words,
    st.sampled_from(StepState),
    instants,
    actor=texts,
    attempts=st.lists(instants, max_size=3).map(tuple),
    reference=texts,
    detail=texts,
    approval=st.none() | _approvals,
    ended=st.integers(0, 3),
)
journal_entries = st.builds(JournalEntry, instants, words, words, words, run=texts, step=texts, detail=texts)

title_ids = st.builds(TitleId, _instances, _locals)
hold_ids = st.builds(HoldId, _instances, _locals)
_days = st.none() | st.dates(date(2000, 1, 1), date(2099, 1, 1))
hold_requests = st.builds(
    HoldRequest,
    patron=patron_ids,
    title=title_ids,
    pickup=location_ids,
    item=st.none() | item_ids,
    not_needed_after=_days,
    at_most=st.none() | st.integers(0, 80),
)


@st.composite
def _hold(draw: st.DrawFn) -> Hold:
    state = draw(st.sampled_from(HoldState))
    waits = state in (HoldState.WAITING, HoldState.SUSPENDED)
    shelf = state in (HoldState.READY, HoldState.UNCLAIMED, HoldState.FILLED)
    return Hold(
        id=draw(hold_ids),
        patron=draw(patron_ids),
        title=draw(title_ids),
        pickup=draw(location_ids),
        state=state,
        placed_at=draw(instants),
        as_of=draw(instants),
        item=draw(st.none() | item_ids),
        rank=draw(st.none() | st.integers(1, 500)) if waits else None,
        targets=draw(st.none() | st.lists(item_ids, max_size=3).map(tuple)) if waits else None,
        trapped=draw(item_ids) if state in TRAPPED else None,
        suspended_until=draw(_days) if state is HoldState.SUSPENDED else None,
        shelf_until=draw(_days) if shelf else None,
        not_needed_after=draw(_days),
    )


holds = _hold()


@st.composite
def _closures(draw: st.DrawFn) -> Closure:
    first = draw(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
    last = first + timedelta(days=draw(st.integers(0, 9)))
    return Closure(first, last, draw(words), tuple(draw(st.lists(location_ids, max_size=2, unique=True))))


closures = _closures()
"""Closures of one to ten days, of the district or of some libraries."""

_printed = texts.map(str.strip).filter(str.isprintable)
_isbns = st.sampled_from(("9780306406157", "0-306-40615-2", "978-0-8044-2957-3", "080442957X"))
titles = st.builds(
    Title,
    title_ids,
    _printed,
    author=_printed,
    isbns=st.lists(_isbns, max_size=3).map(tuple),
    year=st.none() | st.integers(1450, 2100),
    kind=texts,
    call_number=texts,
)
items = st.builds(
    Item,
    item_ids,
    st.none() | barcodes,
    texts,
    title=st.none() | title_ids,
    call_number=texts,
    kind=texts,
    home=st.none() | location_ids,
    at=st.none() | location_ids,
    holdable=st.none() | st.booleans(),
)
libraries = st.builds(Library, location_ids, _printed, st.booleans())
queries = st.builds(Query, title=_printed, author=_printed, isbn=_isbns) | st.builds(
    Query, title=st.sampled_from(("wind", "the wind in the Palouse")), author=_printed
)
"""What may be looked for; an ISBN where neither title nor author is sure to have a word."""

_REGISTERED = (
    (ItemId, item_ids),
    (LoanId, loan_ids),
    (PatronId, patron_ids),
    (LocationId, location_ids),
    (Barcode, barcodes),
    (Imei, imeis),
    (Iccid, iccids),
    (Msisdn, msisdns),
    (Line, lines),
    (Device, devices),
    (Loan, loans),
    (Circulation, circulations),
    (CheckOutRequest, check_out_requests),
    (LineView, line_views),
    (AccountLine, account_lines),
    (Money, money),
    (ChargeTerms, charge_terms),
    (Account, accounts),
    (Block, blocks),
    (CollectionFlag, _flags),
    (Contact, contacts),
    (Patron, patrons),
    (Answer, answers),
    (Reason, _reasons),
    (Evidence, _evidence),
    (Approval, _approvals),
    (Step, steps),
    (StepRecord, step_records),
    (JournalEntry, journal_entries),
    (TitleId, title_ids),
    (HoldId, hold_ids),
    (HoldRequest, hold_requests),
    (Hold, holds),
    (Title, titles),
    (Item, items),
    (Library, libraries),
    (Query, queries),
    (Closure, closures),
)

for _kind, _strategy in _REGISTERED:
    st.register_type_strategy(_kind, _strategy)
