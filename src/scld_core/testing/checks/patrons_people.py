"""People: found by what they are called, registered once, changed only in what is named, merged without a loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from attrs import evolve

from scld_core.errors import AdapterBug, BackendError, Conflict, NotFound, OutcomeUnknown, Rejected, Retry
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import LocationId
from scld_core.patrons.contact import Email, Phone
from scld_core.patrons.person import Patron
from scld_core.patrons.requests import PatronChange, PatronQuery
from scld_core.testing.case import Check, check, fail, refused, require
from scld_core.testing.checks.patrons_write import keeps_keys
from scld_core.testing.harness import PatronsBench
from scld_core.testing.lists import SIZES, same
from scld_core.testing.lists import whole as whole_list
from scld_core.testing.patrons_tools import FLAG, PEOPLE, PIN, Desk, facts, found, listed, newcomer, told, whole
from scld_core.testing.synthetic import INSTANCE
from scld_core.testing.synthetic_accounts import MERGED, card, patron, people
from scld_core.testing.synthetic_people import CROWD, SHARED_PHONE, contact, crowd, name_of, residents, roll

__all__ = ["CHECKS"]

_NEW = card(71)

_QUERIES: tuple[tuple[PatronQuery, tuple[int, ...]], ...] = (
    (PatronQuery(name="canaryfamily"), (0, 1)),
    (PatronQuery(name="GLORIA canaryfamily"), (0,)),
    (PatronQuery(name="Una\u0308l"), (2,)),
    (PatronQuery(name="odell nowak"), (3,)),
    (PatronQuery(name="мария"), (4,)),
    (PatronQuery(phone=SHARED_PHONE), (0, 1)),
    (PatronQuery(phone=Phone("1 509 555 0102")), (2,)),
    (PatronQuery(email=Email("CANARY-mailbox@example.org")), (0,)),
    (PatronQuery(phone=SHARED_PHONE, birth_date=date(2015, 12, 1)), (1,)),
    (PatronQuery(name="Canaryfamily", email=Email("canary-mailbox3@example.org")), ()),
    (PatronQuery(name="Gloria Timothy"), ()),
    (PatronQuery(phone=Phone("509-555-0198")), ()),
)


def searched(case: Desk) -> None:
    """Exactly those are found who have everything that was asked for, whole, each once, and told as `get` tells."""
    bench = case.open(roll())
    for query, numbers in _QUERIES:
        case.clock.tick(seconds=5)
        rows = whole_list(bench.patrons.search(query), case.clock, live=bench.patrons.live)
        same([str(row.id) for row in rows], [str(patron(number)) for number in numbers], "the patrons found")
        for row in rows:
            wanted = next(one for one in residents() if one.id == row.id)
            require(whole(row) == whole(wanted), "a patron is found with other facts than the ILS has")


def everybody(case: Desk) -> None:
    """All who answer to a query are found, at every length around a page and far beyond, and the end is marked."""
    for size in SIZES:
        bench = case.open(crowd(size))
        rows = whole_list(bench.patrons.search(CROWD), case.clock, live=bench.patrons.live)
        same([row.id for row in rows], [patron(100 + number) for number in range(size)], f"a search that finds {size}")


def found_in_the_instance(case: Desk) -> None:
    """Nobody of another instance is found."""
    first, second = case.open(roll("kit-a"), instance="kit-a"), case.open(roll("kit-b"), instance="kit-b")
    for bench, instance in ((first, "kit-a"), (second, "kit-b")):
        seen = listed(bench, PatronQuery(name=name_of(0)))
        require([row.id for row in seen] == [patron(0, instance)], "a patron of another instance is found")


def searched_after_change(case: Desk) -> None:
    """Who moved is found by the new telephone and no more by the old one."""
    bench = case.open(roll())
    moved = evolve(contact(2), phones=(Phone("509-555-0170"),))
    bench.patrons.update(patron(2), PatronChange(contact=moved), key=case.key())
    for phone, wanted in ((moved.phones[0], [patron(2)]), (contact(2).phones[0], [])):
        seen = [row.id for row in listed(bench, PatronQuery(phone=phone))]
        require(seen == wanted, "a search answers from before a change")


def right_pin(case: Desk) -> None:
    """The PIN that was set is right, and any other is wrong, also for a patron who has none."""
    bench = case.open(roll())
    require(not bench.patrons.check_pin(patron(1), PIN), "a patron without a PIN is let in")
    bench.patrons.update(patron(1), PatronChange(pin=PIN), key=case.key())
    require(bench.patrons.check_pin(patron(1), PIN), "the right PIN is refused")
    for wrong in (PIN + "0", PIN[:-1], PIN.upper(), "0"):
        require(not bench.patrons.check_pin(patron(1), wrong), "a wrong PIN is taken")
    require(not bench.patrons.check_pin(patron(3), PIN), "one patron's PIN opens another one's record")
    bench.patrons.update(patron(1), PatronChange(category="staff"), key=case.key())
    require(bench.patrons.check_pin(patron(1), PIN), "another change takes the PIN away")
    if case.declares("put_card"):
        bench.patrons.put_card(patron(1), card(1, 10), key=case.key())
        require(bench.patrons.check_pin(patron(1), PIN), "a new card takes the PIN away")
    bench.patrons.update(patron(1), PatronChange(pin="0402"), key=case.key())
    require(bench.patrons.check_pin(patron(1), "0402"), "a PIN that was changed is refused")
    for wrong in (PIN, "402"):
        require(not bench.patrons.check_pin(patron(1), wrong), "the former PIN, or one like the new one, is taken")
    refused(lambda: bench.patrons.check_pin(patron(999), PIN), "the PIN of nobody", NotFound)


def _unchanged(bench: PatronsBench, *, but: tuple[int, ...] = ()) -> None:
    for number, one in enumerate(residents()):
        if number not in but:
            seen = bench.patrons.get(patron(number))
            require(told(bench, seen) == told(bench, one), "another patron was changed")


def registered(case: Desk) -> None:
    """Who was registered is there with everything that was told, under the card, and nobody else is changed."""
    bench = case.open(roll())
    new = evolve(newcomer(_NEW), pin=PIN if case.declares("check_pin") else None)
    made = bench.patrons.register(new, key=case.key())
    require(made.id.backend == INSTANCE, "the new record's id names another instance, or none of ours")
    require(not any(made.id == patron(number) for number in range(100)), "the new record has another one's id")
    for seen in (made, bench.patrons.get(made.id), bench.patrons.find(_NEW)):
        if seen is None:
            fail("who was registered is not found by the card")
        wanted = (
            new.contact,
            new.birth_date,
            new.responsible_adult,
            new.category,
            new.home,
            new.expires_on,
            new.number,
        )
        adult, until = seen.responsible_adult, seen.expires_on
        said = (seen.contact, seen.birth_date, adult, seen.category, seen.home, until, seen.card)
        require(said == wanted, "who was registered is told with other facts")
    if case.declares("check_pin"):
        require(bench.patrons.check_pin(made.id, PIN), "the PIN that was chosen at registration is refused")
        require(not bench.patrons.check_pin(made.id, PIN + "0"), "a wrong PIN of who was registered is taken")
    _unchanged(bench)
    stranger = evolve(newcomer(card(72)), responsible_adult=patron(999))
    refused(lambda: bench.patrons.register(stranger, key=case.key()), "an adult whom nobody knows", NotFound)
    require(bench.patrons.find(card(72)) is None, "a registration that was refused was made")


_CHANGES: Mapping[str, PatronChange] = {
    "contact": PatronChange(contact=contact(5)),
    "birth_date": PatronChange(birth_date=date(2001, 9, 8)),
    "responsible_adult": PatronChange(responsible_adult=patron(3)),
    "category": PatronChange(category="staff"),
    "home": PatronChange(home=LocationId("argonne")),
    "expires_on": PatronChange(expires_on=date(2031, 1, 31)),
}


def changes_what_is_named(case: Desk) -> None:
    """A change changes what it names, on that patron, and nothing else."""
    bench = case.open(roll())
    wanted = residents()[1]
    for name, change in _CHANGES.items():
        wanted = evolve(wanted, **{name: getattr(change, name)})
        answer = bench.patrons.update(patron(1), change, key=case.key())
        seen = bench.patrons.get(patron(1))
        require(getattr(seen, name) == getattr(wanted, name), f"{name} was to be changed and is not")
        require(whole(seen) == whole(wanted), f"changing {name} changed something else of the patron")
        require(whole(answer) == whole(seen), "the answer to a change is not the patron afterwards")
    seen = bench.patrons.update(patron(1), PatronChange(endless=True), key=case.key())
    require(whole(seen) == whole(evolve(wanted, expires_on=None)), "a card without an end has one, or more was changed")
    _unchanged(bench, but=(1,))


def keeps_aliases(case: Desk) -> None:
    """After each new card every number that the patron ever had still finds the patron."""
    bench, had = case.open(roll()), [one.number for one in people()[0].cards]
    for generation in (10, 11, 12):
        number = card(0, generation)
        case.clock.tick(seconds=60)
        answer = bench.patrons.put_card(patron(0), number, key=case.key())
        had.append(number)
        for seen in (answer, bench.patrons.get(patron(0))):
            require(seen.card == number, "the new number is not the present card")
        for one in had:
            require(found(bench, one) == patron(0), "a number that was replaced no longer finds the patron")
    before, seen = residents()[0], bench.patrons.get(patron(0))
    same_cards = evolve(seen, cards=before.cards)
    require(told(bench, same_cards) == told(bench, before), "a new card changed something else of the patron")
    _unchanged(bench, but=(0,))


def somebodys_number(case: Desk) -> None:
    """A number that is anybody's card, or was, is refused, and whose it is does not change."""
    bench = case.open(roll())
    port = bench.patrons
    cards = [(one.number, owner.id) for owner in people() for one in owner.cards]
    for number, owner in cards:
        calls: Mapping[str, Callable[[], object]] = {
            "register": lambda number=number: port.register(newcomer(number), key=case.key()),  # type: ignore[misc]
            "put_card": lambda number=number: port.put_card(patron(1), number, key=case.key()),  # type: ignore[misc]
        }
        refused(calls[case.operation], "a number that is somebody's, or was", Rejected)
        require(found(bench, number) == owner, "a number that was refused has another owner now")
    _unchanged(bench)


def merges_everything(case: Desk) -> None:
    """Of two records every card, id and block is the one's that is left, and what was known of one is known."""
    bench = case.open(roll())
    answer = bench.patrons.merge(patron(2), patron(0), key=case.key())
    gone, kept = residents()[2], residents()[0]
    for seen in (answer, bench.patrons.get(patron(0)), bench.patrons.get(patron(2))):
        require(seen.id == kept.id, "a merged record is not answered as the one that is left")
        require(patron(2) in seen.merged_from, "the id of a merged record is no alias")
        require(seen.card == kept.card, "the present card is another one after a merge")
        require(seen.flag == gone.flag, "a merge loses the flag of one record")
        for block in (*kept.blocks, *gone.blocks):
            require(seen.blocked_for(block.reason) == block, "a merge loses what keeps a record blocked or exempt")
        require(seen.birth_date == kept.birth_date, "a merge loses what one record knows")
        require("contact" not in bench.tells or seen.contact == kept.contact, "a merge loses how a patron is reached")
    for one in (*gone.cards, *kept.cards):
        require(found(bench, one.number) == kept.id, "a merge loses a card")
    require(bench.patrons.get(patron(1)).responsible_adult == kept.id, "a merge loses who answers for a minor")
    _unchanged(bench, but=(0, 2))


def not_to_be_merged(case: Desk) -> None:
    """One record with itself, one that was merged before, and two in collection are refused; nothing is changed."""
    bench = case.open(roll())
    for gone, kept in ((2, 2), (MERGED[0], 2), (2, MERGED[0])):
        pair = (patron(gone), patron(kept))
        refused(lambda pair=pair: bench.patrons.merge(*pair, key=case.key()), "a merge of one record", Rejected)  # type: ignore[misc]
    for gone, kept in ((999, 2), (2, 999)):
        pair = (patron(gone), patron(kept))
        refused(lambda pair=pair: bench.patrons.merge(*pair, key=case.key()), "a merge with nobody", NotFound)  # type: ignore[misc]
    if case.declares("set_flag"):
        flag = evolve(FLAG, referral="another")
        bench.patrons.set_flag(patron(0), flag, key=case.key())
        if bench.patrons.get(patron(0)).flag is None:  # a person does it, who has not come yet
            return
        refused(lambda: bench.patrons.merge(patron(2), patron(0), key=case.key()), "two in collection", Rejected)
        require(bench.patrons.get(patron(2)).id == patron(2), "a merge that was refused was made")


def _call(case: Desk, bench: PatronsBench, key: str, *, other: bool = False) -> Patron:
    port = bench.patrons
    calls: Mapping[str, Callable[[], Patron]] = {
        "register": lambda: port.register(newcomer(card(73) if other else _NEW), key=key),
        "update": lambda: port.update(patron(1), PatronChange(category="b" if other else "a"), key=key),
        "put_card": lambda: port.put_card(patron(1), card(73) if other else _NEW, key=key),
        "merge": lambda: port.merge(patron(2 if other else 4), patron(0), key=key),
    }
    return calls[case.operation]()


def _undone(case: Desk, bench: PatronsBench) -> Callable[[Patron], bool] | None:
    """Do what a repeated key must not take back; gives how that is seen."""
    if case.operation == "update":
        bench.patrons.update(patron(1), PatronChange(category="later"), key=case.key())
        return lambda seen: seen.category == "later"
    if case.operation == "put_card":
        bench.patrons.put_card(patron(1), card(74), key=case.key())
        return lambda seen: seen.card == card(74)
    return None


def one_key_once(case: Desk) -> None:
    """One key has one effect: its repetition answers with the patron as it is now, however late."""
    keeps_keys(case)
    bench, key = case.open(roll()), case.key()
    first = _call(case, bench, key)
    require(facts(_call(case, bench, key)) == facts(first), "one key was answered in two ways")
    later = _undone(case, bench)
    case.clock.tick(days=30)
    again = _call(case, bench, key)
    require(again.id == first.id, "a key that was used before did something again")
    require(later is None or later(bench.patrons.get(first.id)), "a late key undid what was done since")


def one_key_one_request(case: Desk) -> None:
    """A key that was used for something else raises Conflict, and nothing is changed."""
    keeps_keys(case)
    bench, key = case.open(roll()), case.key()
    before = facts(_call(case, bench, key))
    refused(lambda: _call(case, bench, key, other=True), "a key that was used for something else", Conflict)
    number = 0 if case.operation == "merge" else 1
    if case.operation != "register":
        require(facts(bench.patrons.get(patron(number))) == before, "a key that was refused changed the patron")
    require(bench.patrons.find(card(73)) is None, "a key that was refused gave a card")
    if case.operation == "merge":
        require(bench.patrons.get(patron(2)).id == patron(2), "a key that was refused merged a record")


def of_nobody(case: Desk) -> None:
    """Changing nobody, or a record that was merged away, is refused, and nobody is changed."""
    bench = case.open(roll())
    port = bench.patrons
    calls: Mapping[str, Callable[[int], object]] = {
        "update": lambda number: port.update(patron(number), PatronChange(category="x"), key=case.key()),
        "put_card": lambda number: port.put_card(patron(number), Barcode("KIT75"), key=case.key()),
    }
    for number, kinds in ((999, (NotFound,)), (MERGED[0], (Rejected, NotFound))):
        refused(lambda number=number: calls[case.operation](number), "a change of nobody", *kinds)  # type: ignore[misc]
    require(port.find(Barcode("KIT75")) is None, "a card was given to nobody")
    _unchanged(bench)


def answer_lost(case: Desk) -> None:
    """An effect whose answer is lost is told as OutcomeUnknown with its key; the key again has no second effect."""
    bench, key = case.open(roll()), case.key()
    case.lever(bench.lose, "lose")()
    try:
        _call(case, bench, key)
    except AdapterBug as bug:
        fail(f"a lost answer: {bug}")
    except BackendError as fault:
        kind = type(fault).__name__
        require(fault.retry is Retry.SAME_KEY, f"the answer was lost after the effect, and {kind} says that it was not")
        require(not isinstance(fault, OutcomeUnknown) or fault.key == key, "OutcomeUnknown does not carry its key")
    if case.harness.remembers_keys:
        again = _call(case, bench, key)
        require(facts(bench.patrons.get(again.id)) == facts(again), "after a repetition the patron is not as answered")


_GET = ("get",)
_BOTH = ("get", "find")

CHECKS: tuple[Check[Any], ...] = (
    check("patrons", "search", also=_GET)(searched),
    check("patrons", "search")(everybody),
    check("patrons", "search")(found_in_the_instance),
    check("patrons", "search", also=("update",))(searched_after_change),
    check("patrons", "check_pin", also=("update",))(right_pin),
    check("patrons", "register", also=_BOTH, writes=True)(registered),
    check("patrons", "update", also=_GET, writes=True)(changes_what_is_named),
    check("patrons", "put_card", also=_BOTH, writes=True)(keeps_aliases),
    check("patrons", "register", "put_card", also=_BOTH, writes=True)(somebodys_number),
    check("patrons", "merge", also=_BOTH, writes=True)(merges_everything),
    check("patrons", "merge", also=_GET, writes=True)(not_to_be_merged),
    check("patrons", *PEOPLE, also=_GET, writes=True)(one_key_once),
    check("patrons", *PEOPLE, also=_BOTH, writes=True)(one_key_one_request),
    check("patrons", "update", "put_card", also=_BOTH, writes=True)(of_nobody),
    check("patrons", *PEOPLE, also=_GET, writes=True)(answer_lost),
)
"""In the order of the report."""
