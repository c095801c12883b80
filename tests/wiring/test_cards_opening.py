"""The patron desk and the cards desk of a district that is opened from its folder."""

from contextlib import ExitStack
from datetime import timedelta

import pytest

from scld_core import Options, open_desk
from scld_core.cards.model import CardKind
from scld_core.circulation.model import CheckOutRequest
from scld_core.errors import PolicyMissing, SettingsError, UnsupportedOperation
from scld_core.holds.model import Copy, HoldRequest
from scld_core.kernel.ids import ItemId, PatronId, TitleId
from scld_core.kernel.time import FixedClock
from scld_core.patrons import Ask, Belonging
from scld_core.patrons.merge import Obligation
from scld_core.plugins import OpenBackend
from scld_core.plugins.seed import Seed
from scld_core.wiring.cards import card_office
from scld_core.wiring.opening import Opening
from scld_core.wiring.patrons import patron_systems
from support.accounts import terms
from support.cards_desk import CANARY, CHENEY, PIN, application, codes, home, person
from support.districts import found, plugins
from support.hotspots import NOW

STREETS = """street,low,high,parity,zip,jurisdiction,from,to
Oak St,1,999,,99999,Spokane Valley,,
Elm St,1,999,,99999,Spokane,,
"""

POLICY = """
[jurisdiction]
ranges = "streets.csv"

[policy.holds]
shelf_days = 7
inactive_categories = ["online"]

[policy.patrons]
guardian_access = { amount_owed = ["childs_card"] }
guardian_must_be_liable = true
verification_failures = 3
verification_locks = ["phone"]
household_kinds = ["street"]
duplicate_weights = { same_name = 40, other_name = -60, same_birth_date = 40, same_phone = 15 }
duplicate_same = 80
duplicate_possible = 40
duplicate_block = 50
placeholder_birth_dates = []

[policy.cards]
signature_below = 18
valid_months = { resident = 36 }
valid_days = { online = 14 }
max_owed_cents = 500
ranges = { cheney = ["2908200010000-2908200019999"] }
"""


@pytest.fixture
def folder(tmp_path):
    """A district with an embedded ILS, a file of streets, and every value set; its first device is of a title."""
    place = found(tmp_path / "district", numbers=(2, 3, 6), approved=False)
    (place / "streets.csv").write_text(STREETS, encoding="utf-8")
    text = (place / "district.toml").read_text(encoding="utf-8")
    own = text.partition("\n[policy.circulation]")[0] + POLICY
    (place / "district.toml").write_text(own, encoding="utf-8")
    opening = Opening.of(place, Options(clock=FixedClock(NOW), registry=plugins()))
    with ExitStack() as stack:
        store = opening.store(stack)
        spec = opening.spec("embedded", "backends.main")
        config = opening.config(spec, opening.settings.backends["main"], "main")
        seed = Seed(copies={"i2": Copy(TitleId("main", "t1"))})
        spec.seed(config, opening.context("main", store), seed)
    return place


def opened(folder, actor="sample-associate"):
    """The district."""
    return open_desk(folder, actor=actor, options=Options(clock=FixedClock(NOW), registry=plugins()))


def test_a_card_is_given_through_the_opened_desk(folder):
    """The address is looked up in the district's file, the kinds are the profile's, and the day's run is quiet."""
    with opened(folder) as desk:
        answer = desk.cards.card_for(home())
        assert (answer.finding.belonging, answer.kinds) == (
            Belonging.DISTRICT,
            (CardKind.RESIDENT, CardKind.PROPERTY_OWNER),
        )
        outcome = desk.cards.issue(application(pin=PIN))
        assert outcome.done
        assert outcome.decision.reasons[0].version == "spokane-county@2023-01-01+district" or (
            outcome.decision.reasons[0].version.startswith("spokane-county")
        )
        card = str(outcome.value.card)
        assert desk.patrons.get(card) == outcome.value
        assert desk.patrons.find(f"A{card}B").contact == person()
        assert desk.backends["main"].patrons.check_pin(outcome.value.id, PIN)
        with desk.store.transaction() as unit:
            said = str(unit.journal.entries()) + str(unit.steps.history("cards", NOW - timedelta(days=1)))
        assert CANARY not in said
        assert [area.area for area in desk.day.plan().areas] == ["hotspots"]
    stored = b"".join(path.read_bytes() for path in folder.rglob("*.sqlite*"))
    assert PIN.encode() not in stored


def test_who_registers_online_has_the_limit_of_the_holds_desk(folder):
    """The limit before activation is the policy of holds; where that is not set, nobody tells it."""
    with opened(folder) as desk:
        made = desk.cards.issue(application(CardKind.ONLINE)).value
        assert desk.cards.entitlement(made.id).holds == 3
        asked = HoldRequest(patron=made.id, title=TitleId("main", "t1"), pickup=CHENEY)
        assert dict(desk.holds.may_place(asked).reasons[0].params)["most"] == "3"
    text = (folder / "district.toml").read_text(encoding="utf-8").replace("shelf_days = 7\n", "")
    (folder / "district.toml").write_text(text, encoding="utf-8")
    with opened(folder) as desk:
        assert desk.cards.entitlement(made.id).holds is None


def test_what_is_open_goes_over_in_a_merge(folder):
    """Charges, loans and holds of the ILS's other ports are named before a merge, and debts stop a renewal."""
    with opened(folder) as desk:
        ils = desk.backends["main"]
        one = desk.cards.issue(application()).value
        two = desk.cards.issue(application(contact=person("Zoe", phone="509-555-0111"))).value
        due = NOW + timedelta(days=7)
        loan = ils.loans.check_out(CheckOutRequest(patron=two.id, item=ItemId("main", "i3"), due_at=due), key="k1")
        hold = ils.holds.place(HoldRequest(patron=two.id, title=TitleId("main", "t1"), pickup=CHENEY), key="k2")
        charge = ils.fees.charge(two.id, terms(900), key="k3")
        preview = desk.patrons.merging.preview(two.id, one.id)
        assert {one.kind for one in preview.result.obligations} == {"charge", "hold", "loan"}
        assert Obligation("loan", str(loan.id)) in preview.result.obligations
        assert Obligation("hold", str(hold.id)) in preview.result.obligations
        assert str(charge.id) in str([one.number for one in preview.result.obligations])
        assert codes(desk.cards.may_renew(two.id)) == ["card_owes"]
        assert desk.patrons.merging.merge(two.id, one.id).done
        assert ils.fees.account(one.id).balance == charge.amount


def test_without_files_every_address_is_unsure(folder):
    """Nothing is outside because it was not found; outlines alone answer by a point."""
    text = (folder / "district.toml").read_text(encoding="utf-8")
    without = text.replace('[jurisdiction]\nranges = "streets.csv"\n', "")
    (folder / "district.toml").write_text(without, encoding="utf-8")
    with opened(folder) as desk:
        assert desk.patrons.jurisdiction(home()).asks == (Ask.MAP,)
    square = "[[[-118,47],[-117,47],[-117,48],[-118,48],[-118,47]]]"
    shape = f'"geometry":{{"type":"Polygon","coordinates":{square}}}'
    feature = f'{{"type":"Feature","properties":{{"jurisdiction":"Cheney"}},{shape}}}'
    (folder / "areas.geojson").write_text(f'{{"type":"FeatureCollection","features":[{feature}]}}', encoding="utf-8")
    outlines = text.replace('ranges = "streets.csv"', 'outlines = "areas.geojson"')
    (folder / "district.toml").write_text(outlines, encoding="utf-8")
    with opened(folder) as desk:
        assert desk.patrons.jurisdiction(point=(-117.5, 47.5)).areas == ("cheney",)


def test_a_policy_that_is_not_set_is_named_when_it_is_asked_for(folder):
    """The desks open without it; the first decision names every key, and a range that gives a number twice."""
    text = (folder / "district.toml").read_text(encoding="utf-8")
    without = text.replace("signature_below = 18\n", "").replace("duplicate_block = 50\n", "")
    (folder / "district.toml").write_text(without, encoding="utf-8")
    with opened(folder) as desk:
        with pytest.raises(PolicyMissing, match=r"cards\.signature_below"):
            desk.cards.may_issue(application())
        with pytest.raises(PolicyMissing, match=r"patrons\.duplicate_block"):
            desk.patrons.household(PatronId("main", "x"))
    twice = text.replace(
        '["2908200010000-2908200019999"]', '["2908200010000-2908200019999", "2908200019999-2908200020000"]'
    )
    (folder / "district.toml").write_text(twice, encoding="utf-8")
    with opened(folder) as desk, pytest.raises(SettingsError, match="ranges"):
        desk.cards.may_issue(application())


class Refusing:
    """A port that offers nothing."""

    live = True

    def __getattr__(self, name):
        def refuse(*args, **kwargs):
            raise UnsupportedOperation("main", name, "no such call")

        return refuse


def test_what_other_ports_do_not_offer_is_left_out(folder):
    """Nothing is told of debts and obligations, and nothing is made up; without patrons there is no desk."""
    with opened(folder) as desk:
        opening = Opening.of(folder, Options(clock=FixedClock(NOW), registry=plugins()))
        patrons = desk.backends["main"].patrons
        for other in (Refusing(), None):
            opened_ils = OpenBackend(patrons=patrons, loans=other, fees=other, holds=other)
            people = patron_systems(opening, opened_ils, store=desk.store, actor=desk.actor)
            made = desk.patrons.search(CANARY) or (desk.cards.issue(application()).value,)
            assert people.obligations(made[0].id) == ()
            assert card_office(opening, people, opened_ils).owed(made[0].id) is None
        assert patron_systems(opening, OpenBackend(), store=desk.store, actor=desk.actor) is None


def test_a_district_without_a_policy_of_cards_leaves_it_to_the_ils(folder):
    """Nobody is refused a loan for a kind of card of which nothing is set."""
    with opened(folder) as desk:
        assert not desk.loans.office.entitled("online")
    text = (folder / "district.toml").read_text(encoding="utf-8").partition("[policy.cards]")[0]
    (folder / "district.toml").write_text(text, encoding="utf-8")
    with opened(folder) as desk:
        assert desk.loans.office.entitled("online")
