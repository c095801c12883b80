"""The loans desk of an opened district: what it is told by the ILS's other ports, and what the district has to set."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from scld_core import Options, open_desk
from scld_core.circulation.model import CheckOutRequest, ItemState
from scld_core.errors import NotFound, PolicyMissing, UnsupportedOperation
from scld_core.holds.model import HoldRequest
from scld_core.kernel.actor import Actor
from scld_core.kernel.ids import LocationId
from scld_core.plugins import OpenBackend
from scld_core.sample.files import SAMPLE_DAY
from scld_core.sample.template import district_toml
from scld_core.wiring.loans import loans_office
from scld_core.wiring.opening import Opening
from support.clock import Ticking
from support.districts import plugins
from support.lending import CHENEY, NORTH, NOW, SCAN, World, codes, item, patron, title


class Catalog:
    """What a catalogue says of the items: 9 is of title 1, and of 6 nobody knows the title."""

    def item(self, of):
        """The item."""
        number = {"i9": 1}.get(of.local, int(of.local[1:]))
        return SimpleNamespace(id=of, kind="DVD", title=None if number == 6 else title(number), home=NORTH)

    def find_item(self, barcode):
        """By its last digit."""
        return self.item(item(int(str(barcode)[-1])))


@pytest.fixture
def world():
    """Memory parts."""
    return World()


def office(tmp_path, world, roles=(), **ports):
    """The office over an ILS with these ports."""
    (tmp_path / "district.toml").write_text(district_toml("Synthetic", sample_day=SAMPLE_DAY), encoding="utf-8")
    opening = Opening.of(tmp_path, Options(registry=plugins(), clock=Ticking(NOW)))
    absent = {"patrons": None, "fees": None, "holds": None, "catalog": None}
    opened = SimpleNamespace(**{**absent, "loans": world.loans, **ports})
    return loans_office(opening, "main", opened, store=world.store, actor=Actor("jdoe", roles))


def test_without_loans_there_is_no_desk(tmp_path, world):
    """Nothing to decide."""
    assert office(tmp_path, world, loans=None) is None


def test_an_ils_that_tells_of_loans_alone(tmp_path, world):
    """Nobody is blocked, nobody owes, nobody waits, and no barcode is known."""
    made = office(tmp_path, world)
    assert (made.patron(patron(1)), made.owed(patron(1)), made.find_item(SCAN)) == (None, None, None)
    assert (made.waiting_holds(item(1)), made.for_other(item(1), patron(1))) == (0, False)
    assert (made.item(item(1)).kind, made.item(item(1)).home, made.manager) == ("", None, False)


def test_what_the_other_ports_tell(tmp_path, world):
    """The patron, the debt and the policy of the day, which is read once."""
    world.charge(700)
    made = office(tmp_path, world, ("supervisor",), patrons=world.patrons, fees=world.fees)
    assert made.patron(patron(1)).id == patron(1)
    assert made.owed(patron(1)).cents == 700
    assert made.manager
    ruling = made.ruling()
    assert (ruling.policy.lost_after_days, ruling.policy.max_items_out, ruling.today) == (28, 50, NOW.date())
    assert ruling.version.startswith("spokane-county@")
    assert made.ruling().policy is ruling.policy


def test_what_is_not_offered_is_not_told(tmp_path, world):
    """An ILS that has the port and not the operation."""

    class Bare:
        """Offers nothing."""

        def get(self, of):
            """Not offered."""
            raise UnsupportedOperation("main", "get", "not offered")

        account = item = find_item = get

    made = office(tmp_path, world, patrons=Bare(), fees=Bare())
    assert (made.patron(patron(1)), made.owed(patron(1))) == (None, None)


def test_who_waits_is_counted_by_the_items_title(tmp_path, world):
    """Those whom the item could serve; with holds and no catalogue nobody can say."""
    for who in (1, 2):
        world.hold(1, who)
    world.holds.add(item(9), title(1), NORTH)
    world.holds.place(HoldRequest(patron=patron(3), title=title(1), pickup=NORTH, item=item(9)), key="own")
    assert office(tmp_path, world, holds=world.holds).waiting_holds(item(1)) is None
    made = office(tmp_path, world, holds=world.holds, catalog=Catalog())
    assert (made.waiting_holds(item(1)), made.waiting_holds(item(9)), made.waiting_holds(item(6))) == (2, 3, 0)
    assert (made.item(item(1)).kind, made.find_item(SCAN)) == ("DVD", item(1))
    world.loans.check_in(item(1), NORTH, key="trap")
    assert [made.for_other(item(1), patron(who)) for who in (1, 2)] == [False, True]


def test_a_sample_lends_takes_back_and_claims(tmp_path):
    """The sample district in memory: end to end through one property of the desk."""
    with open_desk(sample=True, actor="jdoe") as desk:
        lent = next(loan for page in desk.loans.office.loans.iter_overdue(desk.clock.now()) for loan in page.rows)
        claimed = desk.loans.claim_returned(lent.item)
        assert claimed.done
        assert desk.loans.claims() == (claimed.value,)
        back = desk.loans.check_in(lent.item, LocationId("cheney"))
        assert (back.done, back.value.ended.id) == (True, lent.id)
        assert "ends_claim" in codes(back.decision)


def test_what_a_district_has_not_set_is_named_when_it_is_needed(tmp_path):
    """It opens, its hotspots run, and the loans desk says which keys are missing."""
    text = district_toml("Synthetic", sample_day=SAMPLE_DAY).split("[policy.circulation]")[0]
    (tmp_path / "district.toml").write_text(text, encoding="utf-8")
    opening = Opening.of(tmp_path, Options(registry=plugins()))
    opening.check_policy()
    world = World()
    made = loans_office(opening, "main", OpenBackend(loans=world.loans), store=world.store, actor=Actor("jdoe"))
    with pytest.raises(PolicyMissing, match=r"circulation\.renew_from"):
        made.ruling()


def test_the_embedded_ils_lends_and_traps(tmp_path, world):
    """On SQLite, with holds: a check-in sets the item aside, and its patron alone has it then."""
    from scld_adapters.sql import ils
    from scld_adapters.sql._sqlalchemy import sa
    from scld_adapters.sql.holds import EmbeddedHolds
    from scld_adapters.sql.loans import EmbeddedLoans
    from scld_adapters.sql.store import open_sqlite
    from scld_adapters.sql.tables_catalog import ils_item_facts
    from scld_core.errors import Rejected

    store = open_sqlite(tmp_path / "d.sqlite", create=True)
    clock = Ticking(NOW)
    with store.transaction() as unit:
        for number in (1, 2):
            ils.add_patron(unit.connection, f"p{number}")
        ils.add_item(unit.connection, "i1", at=NOW, location="north-spokane", kind="book")
        row = {"item": "i1", "title": "t1", "call_number": "", "holdable": True}
        unit.connection.execute(sa.insert(ils_item_facts).values(**row))
    loans = EmbeddedLoans(store, clock, backend="main")
    holds = EmbeddedHolds(store, clock, backend="main")
    lent = loans.check_out(CheckOutRequest(patron=patron(1), item=item(1)), key="a")
    assert (lent.renewals, lent.due_at) == (0, NOW + timedelta(days=21))
    held = holds.place(HoldRequest(patron=patron(2), title=title(1), pickup=CHENEY), key="h")
    back = loans.check_in(item(1), NORTH, key="b")
    assert (back.hold, back.route_to, back.circulation.state) == (held.id, CHENEY, ItemState.IN_TRANSIT)
    assert loans.check_in(item(1), NORTH, key="b") == back
    arrived = loans.check_in(item(1), CHENEY, key="c")
    assert (arrived.hold, arrived.route_to, arrived.circulation.state) == (held.id, None, ItemState.ON_HOLD_SHELF)
    with pytest.raises(Rejected, match="somebody else"):
        loans.check_out(CheckOutRequest(patron=patron(1), item=item(1)), key="d")
    assert loans.check_out(CheckOutRequest(patron=patron(2), item=item(1)), key="e").patron == patron(2)
    assert holds.get(held.id).state.value == "filled"
    assert loans.check_in(item(1), CHENEY, key="f").route_to == NORTH
    with pytest.raises(NotFound):
        list(loans.of_patron(patron(9)))
    store.close()
