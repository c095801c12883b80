"""The patron desk: who this is, who may ask, what is written down, and which records are one person's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from attrs import evolve, field, frozen

from scld_core import codecs
from scld_core.errors import InvalidValue, NotFound
from scld_core.kernel.barcode import read_scan
from scld_core.kernel.decision import Decision
from scld_core.kernel.ids import PatronId
from scld_core.kernel.privacy import Purpose, reveal
from scld_core.patrons.access import Enquiry, may_be_told
from scld_core.patrons.actions import (
    BLOCK,
    UNBLOCK,
    UPDATE,
    BlockOrder,
    UpdateOrder,
    may_block,
    still_there,
)
from scld_core.patrons.contact import Address, Contact, Email, Phone
from scld_core.patrons.files import PatronFile, change_file, count_attempt, stored_file
from scld_core.patrons.household import Belongs, household_of
from scld_core.patrons.jurisdiction import Finding, Place, jurisdiction_of
from scld_core.patrons.lookup import Lookup, looked, whose
from scld_core.patrons.merge import Standing
from scld_core.patrons.merging import Merging, carried, settled
from scld_core.patrons.person import Block, Patron
from scld_core.patrons.policy import Channel, Evidence, Fact, FactClass
from scld_core.patrons.requests import PatronChange, PatronQuery
from scld_core.patrons.systems import PatronSystems
from scld_core.patrons.verification import Asked, Attempt, Claim, verify
from scld_core.runs.one_step import Outcome, Write, Writer

__all__ = ["PatronDesk", "record_claims"]


def record_claims(patron: Patron, birth_date: date | None) -> tuple[Claim, ...]:
    """The facts of a record by which somebody may be taken for its patron; `birth_date` is one that is no stand-in."""
    contact = patron.contact or Contact()
    said = [(Fact.CARD_NUMBER, str(card.number)) for card in patron.cards if card.present]
    said += [(Fact.BIRTH_DATE, birth_date.isoformat())] if birth_date is not None else []
    if contact.name is not None:
        said.append((Fact.NAME, f"{contact.name.given} {contact.name.family}"))
    if contact.address is not None:
        lines = " ".join(contact.address.lines)
        said += [(Fact.ADDRESS, text) for text in (lines, f"{lines} {contact.address.city}") if text.strip()]
    said += [(Fact.PHONE, phone.text) for phone in contact.phones]
    said += [(Fact.EMAIL, email.text) for email in contact.emails]
    return tuple(Claim(fact, value) for fact, value in said)


@frozen
class PatronDesk:
    """Patrons of one ILS.

    `cause` names a request, such as a form's number: the same one is carried out once. NotFound is raised
    for a patron whom the ILS does not know, and the other faults of a system while the facts are read; what
    happens from there on is in the Outcome. What is shown of a patron is masked: `reveal` gives it out. A patron
    is given by record id, which may be text, or by the card as it was scanned.
    """

    systems: PatronSystems = field(repr=False)
    writer: Writer

    def look(self, scanned: str) -> Lookup:
        """Whose card was scanned or typed, present or replaced, and what there is to say about the number.

        InvalidValue for what is no number at all.
        """
        scan = read_scan(scanned)
        return looked(scan, self.systems.patrons.find(scan.number))

    def find(self, scanned: str) -> Patron | None:
        """The patron whose card this is, or was; None for nobody."""
        return self.look(scanned).patron

    def get(self, patron: PatronId | str) -> Patron:
        """The patron of an id, of an id's text such as ``main:123``, or of a card as it was scanned.

        A card that was replaced finds its patron here, and nowhere else.
        """
        if not isinstance(patron, str) or ":" in patron:
            return self.systems.patrons.get(PatronId.of(patron))
        found = self.find(patron)
        if found is None:
            raise NotFound("patrons", "get", "nobody has this card, and nobody had it")
        return found

    def search(
        self, name: str = "", *, phone: str = "", email: str = "", birth_date: date | None = None
    ) -> tuple[Patron, ...]:
        """Everybody who has all of what is given; InvalidValue without a name, a telephone and a mailbox."""
        query = PatronQuery(
            name=name.strip(),
            phone=Phone(phone) if phone else None,
            email=Email(email) if email else None,
            birth_date=birth_date,
        )
        return self.systems.search(query)

    def verify(
        self,
        patron: PatronId | str,
        channel: Channel,
        *said: Claim,
        pin: str | None = None,
        photo_id: bool | None = None,
    ) -> Decision:
        """Whether who speaks on a channel is the patron; never which fact was wrong.

        The ILS checks the PIN. `photo_id` is what the person who looked at one found. Failures are counted
        in the store, and the policy's channels are locked after so many on one day.
        """
        systems, ruling = self.systems, self.systems.ruling()
        found = self._read(patron)
        right = {Fact.PHOTO_ID} if photo_id else set[Fact]()
        wrong = {Fact.PHOTO_ID} if photo_id is False else set[Fact]()
        if pin is not None:
            (right if systems.patrons.check_pin(found.id, pin) else wrong).add(Fact.PASSWORD)
        asked = Asked(channel=channel, day=ruling.day, said=said, attested=frozenset(right), refused=frozenset(wrong))
        record = record_claims(found, ruling.policy.birth_date(found.birth_date))

        def judge(history: tuple[Attempt, ...]) -> tuple[Decision, Attempt | None]:
            answer = verify(asked, record, history, ruling.policy, version=ruling.version)
            return answer.decision, answer.attempt

        return count_attempt(systems.store, found, ruling.day, judge)

    def may_tell(
        self,
        fact: FactClass,
        *,
        child: PatronId | str,
        adult: PatronId | str,
        evidence: Iterable[Evidence] = (),
        identified: bool = False,
    ) -> Decision:
        """Whether an adult may be told facts of a class from a child's record, by the links in the child's file.

        `identified` says whether the adult was verified to be the patron `adult`.
        """
        systems, ruling = self.systems, self.systems.ruling()
        found, asking = self._read(child), self._read(adult)
        own = stored_file(systems.store, found)
        adults = ((link, self._known(link.adult)) for link in own.guardians)
        links = tuple(link if adult is None else evolve(link, adult=adult.id) for link, adult in adults)
        enquiry = Enquiry(
            child=found.id,
            adult=asking.id,
            birth_date=found.birth_date,
            links=links,
            evidence=frozenset(evidence),
            restrictions=tuple(one.code for one in own.restrictions if _in_force(one, ruling.day)),
            identified=identified,
            on=ruling.day,
        )
        return may_be_told(fact, enquiry, ruling.policy, version=ruling.version)

    def file(self, patron: PatronId | str) -> PatronFile:
        """What the district has written down of a patron: guardians, consents, restrictions and exemptions."""
        return stored_file(self.systems.store, self._read(patron))

    def write_down(self, patron: PatronId | str, change: Callable[[PatronFile], PatronFile]) -> PatronFile:
        """Change that file; a link of a guardian is filed with the minor.

        `change` gets the file and gives back the changed one. InvalidValue for a link of another minor, and for
        one to an adult whom the ILS does not know.
        """
        found = self._read(patron)
        own = {found.id, *found.merged_from}

        def check(file: PatronFile) -> None:
            for link in file.guardians:
                if link.minor not in own:
                    raise InvalidValue("write_down", "guardians", "has a link of another minor; file it with that one")
                if self._known(link.adult) is None:
                    raise InvalidValue("write_down", "guardians", "has a link to an adult whom the ILS does not know")

        return change_file(self.systems.store, found, change, check)

    def block(self, patron: PatronId | str, reason: str, *, cause: str = "") -> Outcome[Patron]:
        """Block a patron for a reason; a block that is there for it stays as it is."""
        made = Block(reason, self.systems.clock.now(), self.systems.actor.id)
        return self._block(BLOCK, BlockOrder(patron=self._id(patron), reason=reason, block=made), cause)

    def unblock(self, patron: PatronId | str, reason: str, *, cause: str = "") -> Outcome[Patron]:
        """End the block for a reason; others stay. Denied where there is none for it."""
        return self._block(UNBLOCK, BlockOrder(patron=self._id(patron), reason=reason), cause)

    def _block(self, action: str, order: BlockOrder, cause: str) -> Outcome[Patron]:
        label = f"{'block' if action == BLOCK else 'end the block'} for {order.reason}"
        write = Write(action, order, self.writer.name("patron", order.patron), label, cause, (order.reason,))
        return self._carried(write, order.patron, may_block(self.systems, action, order))

    def update(self, patron: PatronId | str, change: PatronChange, *, cause: str = "") -> Outcome[Patron]:
        """Change what the change names; a PIN goes to the ILS and is kept nowhere else."""
        patron = self._id(patron)
        decision = still_there(self.systems, patron)
        if not decision.permitted:
            return Outcome(None, decision)
        told = evolve(change, pin=None)
        draft = self.systems.drafts.keep(told, change.pin)
        order, subject = UpdateOrder(patron=patron, draft=draft), self.writer.name("patron", patron)
        outcome = self._carried(Write(UPDATE, order, subject, "change", cause, (codecs.dump(told),)), patron, decision)
        if settled(outcome):
            self.systems.drafts.drop((draft,))
        return outcome

    def _id(self, patron: PatronId | str) -> PatronId:
        return whose(patron, self.systems.patrons.find)

    def _known(self, patron: PatronId) -> Patron | None:
        """The record that an id stands for today; None where the ILS has none any more."""
        try:
            return self.systems.patrons.get(patron)
        except NotFound:
            return None

    def _read(self, patron: PatronId | str) -> Patron:
        return self.systems.patrons.get(self._id(patron))

    def _carried(self, write: Write[Any], patron: PatronId, decision: Decision) -> Outcome[Patron]:
        return carried(self.systems, self.writer, write, patron, decision=decision)

    @property
    def merging(self) -> Merging:
        """Which records are one person's, and merging them."""
        return Merging(self.systems, self.writer)

    def jurisdiction(self, address: Address | None = None, *, point: tuple[float, float] | None = None) -> Finding:
        """What an address is to the district today, with the evidence; see `jurisdiction_of`."""
        places = self.systems.places()
        place = Place(address=address, point=point)
        return jurisdiction_of(place, places.areas, places.policy, on=places.day, version=places.version)

    def household(self, patron: PatronId | str) -> Belongs:
        """The household of a patron's address, under a key that says nothing of it."""
        ruling, contact = self.systems.ruling(), self._read(patron).contact
        address = None if contact is None else contact.address
        return household_of(None, address, ruling.policy, secret=self.writer.secret(), version=ruling.version)

    def reveal(self, patron: Patron, name: str, purpose: Purpose) -> Any:
        """One field of a patron that is masked, after who looked at it and why is in the journal."""
        record = self.writer.name("patron", patron.id)
        return reveal(
            patron, name, actor=self.systems.actor.id, purpose=purpose, record=record, audit=self.systems.audit
        )


def _in_force(standing: Standing, day: date) -> bool:
    began = standing.since is None or standing.since <= day
    return began and (standing.until is None or day < standing.until)
