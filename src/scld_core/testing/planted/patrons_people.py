"""ILSs that find the wrong people, lose what they were told of one, or give one card to two."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from attrs import evolve

from scld_core.errors import Conflict, NotFound, Rejected
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import PatronId
from scld_core.kernel.page import Page
from scld_core.patrons.contact import Contact
from scld_core.patrons.person import Block, Card, Patron
from scld_core.patrons.requests import NewPatron, PatronChange, PatronQuery, answers_to
from scld_core.runs.model import Answer
from scld_core.testing.harness import Harness, PatronsBench, World
from scld_core.testing.planted import shells
from scld_core.testing.planted.model import Planted
from scld_core.testing.planted.patrons import Spoilt
from scld_core.testing.references_accounts import patrons_harness

__all__ = ["BUGS"]

_logger = logging.getLogger(__name__)


class FindsByAnyWord(Spoilt):
    """Joins the words of a name with or."""

    def search(self, query: PatronQuery) -> Iterator[Page[Patron]]:
        """Everybody with one of the words."""
        if not query.words:
            return super().search(query)
        ones = [evolve(query, name=word) for word in query.words]
        found = [known for known in map(self.get, sorted(self._patrons)) if any(answers_to(known, one) for one in ones)]
        return iter((Page(tuple(found), self.world.clock.now(), last=True),))


class FindsMergedTwice(Spoilt):
    """Lists a person once for each page that is asked for."""

    def search(self, query: PatronQuery) -> Iterator[Page[Patron]]:
        """The first page again at the end."""
        pages = list(super().search(query))
        if len(pages) == 1 and len(pages[0].rows) > 1:
            rows = (*pages[0].rows, pages[0].rows[0])
            return iter((evolve(pages[0], rows=rows, total=len(rows)),))
        return iter(pages)


class FindsOtherDistricts(Spoilt):
    """Looks in the tables of every district of the consortium."""

    everybody: dict[str, list[Spoilt]] = {}  # noqa: RUF012 - the planted bug

    def prepare(self) -> None:
        """Known to all."""
        self.everybody.setdefault(str(id(self.world.clock)), []).append(self)

    def search(self, query: PatronQuery) -> Iterator[Page[Patron]]:
        """Of any district."""
        others = [one for one in self.everybody[str(id(self.world.clock))] if one is not self]
        found = [row for one in (self, *others) for page in Spoilt.search(one, query) for row in page.rows]
        return iter((Page(tuple(found), self.world.clock.now(), last=True),))


class FindsFromAnIndex(Spoilt):
    """Looks in an index that is brought up to date at night."""

    def prepare(self) -> None:
        """The index."""
        self.index: dict[PatronId, Contact | None] = {}

    def put(self, patron: Patron) -> None:
        """Into the index, too."""
        super().put(patron)
        self.index[patron.id] = patron.contact

    def search(self, query: PatronQuery) -> Iterator[Page[Patron]]:
        """By what was written down last night."""
        known = [evolve(self.get(one), contact=contact) for one, contact in sorted(self.index.items())]
        rows = tuple(self.get(one.id) for one in known if answers_to(one, query))
        return iter((Page(rows, self.world.clock.now(), last=True),))


class FindsTheFirstPage(Spoilt):
    """Reads the first page of what is found, and says that it is all."""

    def search(self, query: PatronQuery) -> Iterator[Page[Patron]]:
        """No further."""
        first = next(iter(super().search(query)))
        yield evolve(first, last=True, total=len(first.rows))


class FindsTwentyAtMost(Spoilt):
    """Takes the limit of its server for the end of the list."""

    def search(self, query: PatronQuery) -> Iterator[Page[Patron]]:
        """Twenty, and whole."""
        rows = [row for page in super().search(query) for row in page.rows][:20]
        yield Page(tuple(rows), self.world.clock.now(), last=True, total=len(rows))


class FindsAnothersAddress(Spoilt):
    """Joins a card with the address of whoever comes first."""

    def find(self, number: Barcode) -> Patron | None:
        """With somebody's contact."""
        found, first = super().find(number), self.get(min(self._patrons))
        return None if found is None else evolve(found, contact=first.contact)


class BlockWipesTheRest(Spoilt):
    """Writes a block with half of the record."""

    def set_block(self, patron: PatronId, block: Block, *, key: str) -> Answer:
        """And without the rest."""
        answer = super().set_block(patron, block, key=key)
        self.put(evolve(self.get(patron), contact=None, expires_on=None))
        return answer


class FirstPinForEver(Spoilt):
    """Sets a PIN where there is none."""

    def update(self, patron: PatronId, change: PatronChange, *, key: str) -> Patron:
        """And leaves one that is there."""
        had = self._pins.get(patron)
        seen = super().update(patron, change, key=key)
        if had is not None:
            self._pins[patron] = had
        return seen


class PinForgotten(Spoilt):
    """Registers without the PIN that was chosen."""

    def register(self, new: NewPatron, *, key: str) -> Patron:
        """It has to be set anew."""
        return super().register(evolve(new, pin=None), key=key)


class AnyPin(Spoilt):
    """Takes the answer of a check that was never made for a yes."""

    def check_pin(self, patron: PatronId, pin: str) -> bool:
        """True."""
        del pin
        return bool(self.survivor(patron))


class OnePinForAll(Spoilt):
    """Keeps PINs without whose they are."""

    def check_pin(self, patron: PatronId, pin: str) -> bool:
        """Anybody's."""
        return any(Spoilt.check_pin(self, known, pin) for known in (patron, *self._patrons))


class PinInLog(Spoilt):
    """Logs the request as it came."""

    def check_pin(self, patron: PatronId, pin: str) -> bool:
        """As the reference does, and aloud."""
        _logger.info("63 ... AD%s", pin)
        return super().check_pin(patron, pin)


class NoExpiry(Spoilt):
    """Registers without the end of the card."""

    def register(self, new: NewPatron, *, key: str) -> Patron:
        """For ever."""
        return super().register(evolve(new, expires_on=None), key=key)


class UpdateDropsContact(Spoilt):
    """Sends the whole record at each change, and what it does not know as blank."""

    def update(self, patron: PatronId, change: PatronChange, *, key: str) -> Patron:
        """Without contact, where none was sent."""
        left = super().update(patron, change, key=key)
        if change.contact is None and left.contact is not None:
            self.keep(evolve(self._patrons[left.id], contact=None))
        return left


class UpdateNotStored(Spoilt):
    """Answers with what was asked for, and leaves the record as it was."""

    def update(self, patron: PatronId, change: PatronChange, *, key: str) -> Patron:
        """Done, as far as the answer goes."""
        before = self._patrons.get(patron)
        left = super().update(patron, change, key=key)
        if before is not None and change.home is not None:
            self.keep(evolve(self._patrons[patron], home=before.home))
        return left


class OldCardGone(Spoilt):
    """Writes the new number over the old one."""

    def put_card(self, patron: PatronId, number: Barcode, *, key: str) -> Patron:
        """One number at a time."""
        left = super().put_card(patron, number, key=key)
        self.keep(evolve(self._patrons[patron], cards=left.cards[:1]))
        return self.get(patron)


class TwoAliases(Spoilt):
    """Has room for two former numbers."""

    def put_card(self, patron: PatronId, number: Barcode, *, key: str) -> Patron:
        """The oldest falls off."""
        left = super().put_card(patron, number, key=key)
        self.keep(evolve(self._patrons[patron], cards=left.cards[:3]))
        return self.get(patron)


class TakesFormerNumbers(Spoilt):
    """Looks at present cards only before it gives a number."""

    def put_card(self, patron: PatronId, number: Barcode, *, key: str) -> Patron:
        """Also a number that somebody had before."""
        for known in list(self._patrons.values()):
            rest = tuple(card for card in known.cards if card.present or card.number != number)
            self.keep(evolve(known, cards=rest))
        return super().put_card(patron, number, key=key)


class TakesPresentNumbers(Spoilt):
    """Registers under a number that is somebody's card."""

    def register(self, new: NewPatron, *, key: str) -> Patron:
        """The card is the new one's from now on."""
        owner = self.find(new.number)
        if owner is not None:
            rest = tuple(card for card in self._patrons[owner.id].cards if card.number != new.number)
            self.keep(evolve(self._patrons[owner.id], cards=rest))
        return super().register(new, key=key)


class MergeLosesBlocks(Spoilt):
    """Keeps of two records only the blocks, and with them the exemptions, of one."""

    def merge(self, gone: PatronId, kept: PatronId, *, key: str = "") -> Patron:
        """Those of the record that is left."""
        before = self._patrons[kept].blocks if kept in self._patrons else ()
        left = super().merge(gone, kept, key=key)
        self.keep(evolve(self._patrons[left.id], blocks=before))
        return self.get(left.id)


class MergeLosesCards(Spoilt):
    """Deletes the record that was merged, cards and all."""

    def merge(self, gone: PatronId, kept: PatronId, *, key: str = "") -> Patron:
        """Without its cards."""
        before = self._patrons[kept].cards if kept in self._patrons else ()
        left = super().merge(gone, kept, key=key)
        self.keep(evolve(self._patrons[left.id], cards=before))
        return self.get(left.id)


class MergeChangesTheCard(Spoilt):
    """Makes the card of the record that went the present one."""

    def merge(self, gone: PatronId, kept: PatronId, *, key: str = "") -> Patron:
        """Present again."""
        had = self._patrons[gone].card if gone in self._patrons else None
        left = super().merge(gone, kept, key=key)
        if had is not None:
            rest = tuple(evolve(card, present=False) for card in left.cards if card.number != had)
            self.keep(evolve(self._patrons[left.id], cards=(Card(number=had), *rest)))
        return self.get(left.id)


class MergesTheFlagged(Spoilt):
    """Drops one of two referrals without a word."""

    def merge(self, gone: PatronId, kept: PatronId, *, key: str = "") -> Patron:
        """The one of the record that goes."""
        if gone in self._patrons and kept in self._patrons and self._patrons[kept].flag:
            self.keep(evolve(self._patrons[gone], flag=None))
        return super().merge(gone, kept, key=key)


class RegistersTwice(Spoilt):
    """Keeps no keys of registrations: the same form makes a second card."""

    def register(self, new: NewPatron, *, key: str) -> Patron:
        """As if it were new."""
        if self._keys.pop(key, None) is not None:
            return super().register(evolve(new, number=Barcode(f"{new.number}x2")), key=key)
        return super().register(new, key=key)


class LateKeyUndoes(Spoilt):
    """Carries out a late repetition once more."""

    def update(self, patron: PatronId, change: PatronChange, *, key: str) -> Patron:
        """Again."""
        self._keys.pop(key, None)
        return super().update(patron, change, key=key)


class AnyBodyForAKey(Spoilt):
    """Answers a known key of a registration as done, whoever is to be registered now."""

    def register(self, new: NewPatron, *, key: str) -> Patron:
        """The first one's record."""
        try:
            return super().register(new, key=key)
        except Conflict:
            return self.get(self._registered[key])


class MadeUpPatron(Spoilt):
    """Makes a record for an id that is not there."""

    def update(self, patron: PatronId, change: PatronChange, *, key: str) -> Patron:
        """Upsert."""
        try:
            return super().update(patron, change, key=key)
        except (NotFound, Rejected):
            return Patron(id=patron, as_of=self.world.clock.now(), category=change.category or "")


def _bug(kind: Callable[[World], Spoilt], name: str, source: str, caught_by: str) -> Planted:
    label = f"patrons: {name}"

    def harness() -> Harness[PatronsBench]:
        return patrons_harness(lambda world: kind(world).bench(), label)

    return Planted(label, source, f"patrons.{caught_by}", "patrons", harness)


def _shell(spoil: Callable[[PatronsBench], PatronsBench], name: str, source: str, caught_by: str) -> Planted:
    label = f"patrons: {name}"

    def harness() -> Harness[PatronsBench]:
        return patrons_harness(lambda world: spoil(Spoilt(world).bench()), label)

    return Planted(label, source, f"patrons.{caught_by}", "patrons", harness)


_SEARCH = "searches that answer with others (driver study 3: patron search)"
_CARDS = "cards replaced and reused (district facts, section 1: barcode ranges)"
_MERGE = "merges that lose something (fees study A2 Symphony, A5 Sierra and PINES)"
_PUT = "writes of a whole record from a partial one (driver study, section 4)"
_RETRY = "writes without an idempotency key (fees study A5 12)"

BUGS: tuple[Planted, ...] = (
    _bug(FindsByAnyWord, "found by any word of a name", _SEARCH, "searched"),
    _bug(FindsMergedTwice, "found twice", _SEARCH, "searched"),
    _bug(FindsTheFirstPage, "first page of a search passed off as whole", _SEARCH, "everybody"),
    _bug(FindsTwentyAtMost, "search cut at twenty", _SEARCH, "everybody"),
    _bug(FindsAnothersAddress, "another patron's address found by a card", _SEARCH, "reached-as-told"),
    _bug(BlockWipesTheRest, "block that wipes address and expiry", _PUT, "does-it"),
    _bug(FirstPinForEver, "changed PIN not set", _PUT, "right-pin"),
    _bug(FindsOtherDistricts, "another district's patron found", _SEARCH, "found-in-the-instance"),
    _bug(FindsFromAnIndex, "found from an old index", _SEARCH, "searched-after-change"),
    _bug(AnyPin, "any PIN is right", _PUT, "right-pin"),
    _bug(OnePinForAll, "one patron's PIN opens another one's record", _PUT, "right-pin"),
    _bug(PinInLog, "PIN in a log", _PUT, "keeps-patrons"),
    _bug(PinForgotten, "registered without the PIN", _PUT, "registered"),
    _bug(NoExpiry, "registered without the end of the card", _PUT, "registered"),
    _bug(UpdateDropsContact, "contact dropped by another change", _PUT, "changes-what-is-named"),
    _bug(UpdateNotStored, "change answered and not stored", _PUT, "changes-what-is-named"),
    _bug(OldCardGone, "replaced card no longer finds the patron", _CARDS, "keeps-aliases"),
    _bug(TwoAliases, "third alias forgotten", _CARDS, "keeps-aliases"),
    _bug(TakesFormerNumbers, "number that was somebody's given again", _CARDS, "somebodys-number"),
    _bug(TakesPresentNumbers, "number taken from somebody", _CARDS, "somebodys-number"),
    _bug(MergeLosesBlocks, "merge loses an exemption", _MERGE, "merges-everything"),
    _bug(MergeLosesCards, "merge loses the cards", _MERGE, "merges-everything"),
    _bug(MergeChangesTheCard, "merge changes the present card", _MERGE, "merges-everything"),
    _bug(MergesTheFlagged, "merge drops one of two referrals", _MERGE, "not-to-be-merged"),
    _bug(RegistersTwice, "one form, two cards", _RETRY, "one-key-once"),
    _bug(LateKeyUndoes, "late change undoes a newer one", _RETRY, "one-key-once"),
    _bug(AnyBodyForAKey, "one form's record answered for another form", _RETRY, "one-key-one-request"),
    _bug(MadeUpPatron, "record made up for nobody", _PUT, "of-nobody"),
    _shell(shells.denies_the_effect, "registration told as not made", _RETRY, "answer-lost"),
)
"""In the order of the checks."""
