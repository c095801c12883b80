"""An item that a patron says to have brought back is no debt to the agency, as long as the claim is open."""

from scld_core.agency.referrals.facts import Reader
from scld_core.fees.model import ChargeKind, ChargeTerms, LegalClass
from scld_core.kernel.ids import ItemId
from scld_core.kernel.money import Money
from support.referrals import LONG_AGO, World, patron_id

ITEM = ItemId("main", "i1")


def owing(world, cents, item):
    """Charge patron 1 for an item that was lost long ago."""
    terms = ChargeTerms(
        kind=ChargeKind.LOST_ITEM,
        legal_class=LegalClass.REPLACEMENT,
        amount=Money(cents),
        assessed_at=LONG_AGO,
        item=item,
    )
    return world.fees.charge(patron_id(1), terms, key=f"{cents}")


def test_a_claimed_item_counts_for_nothing_and_then_again():
    """The patron is not referred while the claim is open; the rest of the debt counts by itself."""
    world = World()
    world.enter(1, 100)
    owing(world, 6000, ITEM)

    def assessed():
        reader = Reader.of(world.office, world.terms())
        seen = reader.see(patron_id(1))
        return reader.assess(seen, exempt=False, referred=False), seen.balance

    assessment, balance = assessed()
    assert assessment.eligible
    assert balance == Money(6100)
    world.vary(claimed=lambda: frozenset({ITEM}))
    assessment, balance = assessed()
    assert (assessment.eligible, assessment.reported, balance) == (False, Money(100), Money(100))
    world.vary(claimed=frozenset)
    assert assessed()[0].eligible
