"""The guard around the two ports: an answer about somebody else, or of the wrong kind, never arrives."""

import pytest
from attrs import evolve

from scld_core.errors import AdapterBug, ConfigurationError, ProtocolViolation, UnsupportedOperation
from scld_core.fees import Account, ChargeId, Fees
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.capability import Full, Unsupported
from scld_core.kernel.ids import PatronId
from scld_core.kernel.time import FixedClock
from scld_core.patrons import Card, Patron, Patrons
from scld_core.plugins.guard import guard, port_operations
from scld_core.plugins.spec import BackendContext
from scld_core.runs.model import Answer, AnswerKind
from support.accounts import FEE, PATRON, START, Book

NUMBER = Barcode("29001")
SOMEBODY = Patron(id=PATRON, as_of=START, cards=(Card(number=NUMBER),))


class Says:
    """Gives one answer to everything."""

    live = True

    def __init__(self, answer):
        self.answer = answer

    def account(self, patron):
        return self.answer

    def charge(self, patron, terms, *, key):
        return self.answer

    def cancel(self, charge, *, key, reason):
        return self.answer

    def get(self, patron):
        return self.answer

    def find(self, number):
        return self.answer

    def set_flag(self, patron, flag, *, key):
        return self.answer

    def clear_flag(self, patron, referral, *, key):
        return self.answer

    def set_block(self, patron, block, *, key):
        return self.answer

    def clear_block(self, patron, reason, *, key):
        return self.answer

    def search(self, query):
        return self.answer

    def check_pin(self, patron, pin):
        return self.answer

    def register(self, new, *, key):
        return self.answer

    def update(self, patron, change, *, key):
        return self.answer

    def put_card(self, patron, number, *, key):
        return self.answer

    def merge(self, gone, kept, *, key):
        return self.answer


def guarded(port_name, answer, folder, **capabilities):
    """The port `port_name` that gives this answer, guarded."""
    context = BackendContext("main", FixedClock(START), folder, lambda ref: "")
    declared = {name: Full() for name in port_operations(port_name)} | capabilities
    return guard(Says(answer), port_name=port_name, capabilities=declared, context=context)


def test_the_right_account_arrives(tmp_path):
    """As it was given, and the port's age with it."""
    book = Book()
    book.charge(FEE)
    port: Fees = guarded("fees", book.account, tmp_path)
    assert port.account(PATRON) == book.account
    assert port.live is True


def test_another_patrons_account_does_not_arrive(tmp_path):
    """Nor one with an entry of another instance."""
    book = Book(PatronId("main", "p2"))
    with pytest.raises(ProtocolViolation, match="another record than was asked for"):
        guarded("fees", book.account, tmp_path).account(PATRON)
    mine = Book()
    mine.charge()
    (entry,) = mine.account.entries
    foreign = evolve(entry, id=evolve(entry.id, backend="other"))
    with pytest.raises(ProtocolViolation, match="another record than was asked for"):
        guarded("fees", evolve(mine.account, entries=(foreign,)), tmp_path).account(PATRON)


def test_ids_of_another_instance_are_not_sent(tmp_path):
    """Neither a patron's nor a charge's."""
    port = guarded("fees", Account(patron=PATRON, as_of=START), tmp_path)
    for call in (
        lambda: port.account(PatronId("other", "p1")),
        lambda: port.charge(PatronId("other", "p1"), FEE, key="k"),
        lambda: port.cancel(ChargeId("other", "c1"), key="k", reason="error"),
    ):
        with pytest.raises(ConfigurationError, match="ids are never carried over"):
            call()


def test_an_answer_is_of_the_kind_that_the_port_says(tmp_path):
    """A patron or None where either is right; an account in the place of a charge is the adapter's bug."""
    found: Patrons = guarded("patrons", None, tmp_path)
    assert found.find(NUMBER) is None
    with pytest.raises(AdapterBug, match="not a Patron"):
        found.get(PATRON)
    assert guarded("patrons", SOMEBODY, tmp_path).find(NUMBER) == SOMEBODY
    with pytest.raises(AdapterBug, match=r"not a .*Patron \| None"):
        guarded("patrons", "somebody", tmp_path).find(NUMBER)
    with pytest.raises(AdapterBug, match="not a Charge"):
        guarded("fees", Account(patron=PATRON, as_of=START), tmp_path).charge(PATRON, FEE, key="k")


def test_somebody_else_does_not_arrive(tmp_path):
    """Found by a card that is not theirs, got by an id that is not theirs; a merged record's id is."""
    port = guarded("patrons", SOMEBODY, tmp_path)
    with pytest.raises(ProtocolViolation):
        port.find(Barcode("29002"))
    with pytest.raises(ProtocolViolation):
        port.get(PatronId("main", "p2"))
    merged = evolve(SOMEBODY, merged_from=(PatronId("main", "p2"),))
    assert guarded("patrons", merged, tmp_path).get(PatronId("main", "p2")) == merged
    stranger = evolve(SOMEBODY, responsible_adult=PatronId("other", "p3"))
    with pytest.raises(ProtocolViolation):
        guarded("patrons", stranger, tmp_path).get(PATRON)


def test_what_is_not_declared_is_refused_by_name(tmp_path):
    """With the reason that the backend gives."""
    no = Unsupported("flags are kept by hand")
    port = guarded("patrons", Answer(AnswerKind.DONE), tmp_path, **{"patrons.clear_flag": no})
    with pytest.raises(UnsupportedOperation, match="flags are kept by hand"):
        port.clear_flag(PATRON, "r1", key="k")
    assert port.clear_block(PATRON, "lost", key="k") == Answer(AnswerKind.DONE)
