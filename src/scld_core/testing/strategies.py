"""Hypothesis strategies of scld's values; importing this registers them for `from_type` and annotations.

Everything drawn is synthetic. Ids belong to a few instances, so that strangers meet.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.hotspots.account import AccountLine
from scld_core.hotspots.model import Device, LineView, ServiceState
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.decision import Reason
from scld_core.kernel.devices import Iccid, Imei, Line, Msisdn
from scld_core.kernel.ids import ItemId, LoanId, LocationId, PatronId
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
    "answers",
    "barcodes",
    "circulations",
    "devices",
    "iccids",
    "imeis",
    "instants",
    "item_ids",
    "journal_entries",
    "line_views",
    "lines",
    "loan_ids",
    "loans",
    "location_ids",
    "msisdns",
    "patron_ids",
    "step_records",
    "steps",
    "texts",
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
    return Loan(number, item, due, out, draw(st.none() | instants), patron, draw(st.none() | words))


loans = _loans()
"""Loans whose ids are of one instance, due after they began."""


@st.composite
def _circulations(draw: st.DrawFn) -> Circulation:
    loan = draw(st.none() | loans)
    item = draw(item_ids) if loan is None else loan.item
    state = draw(st.sampled_from(ItemState))
    return Circulation(item, state, draw(instants), loan, draw(st.none() | instants), draw(texts))


circulations = _circulations()
"""Items with their own loan or none."""

_states = st.sampled_from(ServiceState)
line_views = st.builds(LineView, imeis, iccids, _states, instants, texts, st.none() | instants)
account_lines = st.builds(AccountLine, imeis, iccids, _states, instants, st.none() | msisdns, texts)
answers = st.builds(Answer, st.sampled_from(AnswerKind), texts, texts)

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
    (LineView, line_views),
    (AccountLine, account_lines),
    (Answer, answers),
    (Reason, _reasons),
    (Evidence, _evidence),
    (Approval, _approvals),
    (Step, steps),
    (StepRecord, step_records),
    (JournalEntry, journal_entries),
)

for _kind, _strategy in _REGISTERED:
    st.register_type_strategy(_kind, _strategy)
