"""The patron desk over the reference ILS: who this is, who may ask, what is written, what is merged."""

from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve

from scld_core import codecs
from scld_core.cards.model import CardKind
from scld_core.errors import InvalidValue, NotFound, OutcomeUnknown, Rejected, Unavailable, UnsupportedOperation
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.decision import Verdict
from scld_core.kernel.ids import PatronId
from scld_core.kernel.privacy import Purpose
from scld_core.memory.patrons import MemoryPatrons
from scld_core.patrons import (
    Ask,
    Belonging,
    Card,
    Channel,
    Claim,
    CollectionFlag,
    Consent,
    ConsentKind,
    Consents,
    Contact,
    Evidence,
    Fact,
    FactClass,
    Facts,
    GuardianLink,
    Likeness,
    NewPatron,
    Patron,
    PatronChange,
    PatronQuery,
    Standing,
    access,
    duplicates,
    jurisdiction,
    lookup,
    merge,
    verification,
)
from scld_core.patrons import text as texts
from scld_core.patrons.actions import BLOCK, MERGE, UPDATE, BlockOrder, MergeOrder, UpdateOrder, patrons_area
from scld_core.patrons.files import ATTEMPTS, DRAFTS, FILES, PatronFile, change_file
from scld_core.patrons.merge import Obligation
from scld_core.patrons.text import REASONS
from scld_core.runs.model import Answer, AnswerKind, ReadBack
from support.cards_desk import CANARY, NOW, PEOPLE, PIN, home, person, town

ONE, TWO, CHILD = (PatronId("main", f"p{number}") for number in (1, 2, 3))


def filed(here):
    """Two adults and the first one's child."""
    here.ils.put(
        Patron(
            id=ONE,
            as_of=NOW,
            birth_date=date(1980, 5, 17),
            cards=(Card(number=Barcode("29082000123450")), Card(number=Barcode("29082000123468"), present=False)),
            contact=person(),
        )
    )
    here.ils.put(Patron(id=TWO, as_of=NOW, cards=(Card(number=Barcode("29001")),), contact=person("Bea")))
    child = Patron(id=CHILD, as_of=NOW, birth_date=date(2012, 1, 1), responsible_adult=ONE, contact=person("Cy"))
    here.ils.put(child)
    return here


@pytest.fixture
def here():
    return filed(town())


def say(*facts):
    return [Claim(fact, value) for fact, value in facts]


CARD, BORN = (Fact.CARD_NUMBER, "29082000123450"), (Fact.BIRTH_DATE, "1980-05-17")


@pytest.mark.parametrize(
    ("sent", "found", "said"),
    [
        ("A29082000123450B", ONE, {"letters_taken_off"}),
        ("29082000123468", ONE, {"former_card"}),
        ("29001", TWO, {"other_scheme"}),
        ("123456789012", None, {"other_scheme", "nobody"}),
        ("1234567890123456", None, {"other_scheme", "nobody"}),
        ("29082000123451", None, {"wrong_check_digit", "nobody"}),
        ("30234000517861", None, {"item_number", "nobody"}),
    ],
)
def test_a_scanned_number_is_named(here, sent, found, said):
    """Whose card it is or was, and what there is to say of letters, lengths and check digits."""
    look = here.patrons.look(sent)
    assert look.patron == (None if found is None else here.patrons.get(found))
    codes = {reason.code for reason in look.reasons} - ({"wrong_check_digit"} if sent == "29082000123468" else set())
    assert codes == said
    assert all(reason.fits(lookup.REASONS) for reason in look.reasons)
    assert here.patrons.find(sent) == look.patron


def test_get_takes_an_id_its_text_or_a_card(here):
    """All three are the same patron; nobody's card raises NotFound, and no number InvalidValue."""
    wanted = here.ils.get(ONE)
    for one in (ONE, "main:p1", " A29082000123450B ", "29082000123468"):
        assert here.patrons.get(one) == wanted
    for nobody in ("29999", "main:p9"):
        with pytest.raises(NotFound):
            here.patrons.get(nobody)
    with pytest.raises(InvalidValue):
        here.patrons.get("no number")


def test_search_finds_by_what_is_given(here):
    """A name in any case and part of it, a telephone, a mailbox; nothing at all is refused."""
    assert {one.id for one in here.patrons.search("canary")} == {ONE, TWO, CHILD}
    assert [one.id for one in here.patrons.search(" BEA canaryhurst ")] == [TWO]
    assert [one.id for one in here.patrons.search(email="Ada@Example.org")] == [ONE]
    assert [one.id for one in here.patrons.search(phone="509 555 0142", birth_date=date(2012, 1, 1))] == [CHILD]
    assert here.patrons.search("nobody") == ()
    with pytest.raises(InvalidValue):
        here.patrons.search(" ")


def test_verification_never_says_which_fact_was_wrong(here):
    """Two wrong facts in two ways give the same words; right ones do; too little is no attempt."""
    verify = here.patrons.verify
    assert verify(ONE, Channel.PHONE, *say(CARD, BORN)).permitted
    wrong = [
        verify(ONE, Channel.PHONE, *say(CARD, (Fact.BIRTH_DATE, "1980-05-18"))),
        verify(ONE, Channel.PHONE, *say((Fact.CARD_NUMBER, "29001"), BORN)),
    ]
    assert wrong[0] == wrong[1]
    assert [reason.code for reason in wrong[0].reasons] == ["not_verified"]
    assert verify(ONE, Channel.PHONE, *say(CARD)).reasons[0].code == "too_little"
    assert verify(ONE, Channel.IN_PERSON, photo_id=True).reasons[0].code == "too_little"


def test_failures_are_counted_in_the_store_and_lock_the_channel(here):
    """After three failures right facts are of no use that day, for records merged into this one too; not the next."""
    verify = here.patrons.verify
    here.ils.update(TWO, PatronChange(pin=PIN), key="pin")
    for _ in range(3):
        assert not verify(ONE, Channel.PHONE, *say(CARD, (Fact.BIRTH_DATE, "1999-01-01"))).permitted
    locked = verify(ONE, Channel.PHONE, *say(CARD, BORN))
    assert locked.reasons[0].code == "locked"
    assert len(here.records(ATTEMPTS)) == 1
    assert "1999" not in str(here.records(ATTEMPTS))
    here.ils.merge(ONE, TWO)
    assert verify(TWO, Channel.PHONE, *say((Fact.CARD_NUMBER, "29001")), pin=PIN).reasons[0].code == "locked"
    here.clock.tick(days=1)
    assert verify(TWO, Channel.PHONE, *say((Fact.CARD_NUMBER, "29001")), pin="0000").reasons[0].code == "not_verified"
    assert verify(TWO, Channel.PHONE, *say((Fact.CARD_NUMBER, "29001")), pin=PIN).permitted
    assert len(here.records(ATTEMPTS)) == 1


def test_every_fact_of_the_record_can_be_named(here):
    """Name, address, telephone and mailbox count where the policy has them; a photo ID is what somebody saw."""
    ways = tuple(map(Facts.parse, ("name+address", "phone+email", "photo_id")))
    here = filed(town(people=evolve(PEOPLE, verification={Channel.IN_PERSON: ways})))
    verify = here.patrons.verify
    named = say((Fact.NAME, f"ada {CANARY}"), (Fact.ADDRESS, "12 oak st"))
    assert verify(ONE, Channel.IN_PERSON, *named).permitted
    reached = say((Fact.PHONE, "(509) 555 0142"), (Fact.EMAIL, "ADA@example.org"))
    assert verify(ONE, Channel.IN_PERSON, *reached).permitted
    assert verify(ONE, Channel.IN_PERSON, photo_id=True).permitted
    assert not verify(ONE, Channel.IN_PERSON, photo_id=False).permitted
    here.ils.put(Patron(id=PatronId("main", "bare"), as_of=NOW))
    here.ils.put(Patron(id=PatronId("main", "blank"), as_of=NOW, contact=Contact()))
    for bare in ("bare", "blank"):
        assert not verify(PatronId("main", bare), Channel.IN_PERSON, *named).permitted


def link(adult=ONE, **more):
    return GuardianLink(minor=CHILD, adult=adult, since=date(2020, 1, 1), agreement="form-1", **more)


def test_a_guardian_is_told_by_link_and_evidence(here):
    """The link is the district's own; merged adults are one; a restriction that is in force closes the record."""
    here.patrons.write_down(CHILD, lambda file: evolve(file, guardians=(link(),)))

    def ask(adult=ONE, **more):
        told = {"evidence": [Evidence.CHILDS_CARD], "identified": True, **more}
        return here.patrons.may_tell(FactClass.AMOUNT_OWED, child=CHILD, adult=adult, **told)

    assert ask().permitted
    assert {reason.code for reason in ask(evidence=[], identified=False).reasons} == {
        "evidence_missing",
        "not_identified",
    }
    assert [reason.code for reason in ask(TWO).reasons] == ["no_link"]
    here.ils.merge(ONE, TWO)
    assert ask(TWO).permitted
    closed = Standing(code="court-order", since=date(2026, 1, 1), until=date(2026, 6, 1))
    later = Standing(code="later", since=date(2027, 1, 1))
    here.patrons.write_down(CHILD, lambda file: evolve(file, restrictions=(closed, later)))
    assert [dict(reason.params)["restriction"] for reason in ask(TWO).reasons] == ["court-order"]
    here.clock.tick(days=120)
    assert ask(TWO).permitted
    assert here.patrons.file(CHILD).guardians == (link(),)


def test_a_block_is_set_and_ended_on_the_one_write_path(here):
    """Each is in the journal by who did it, under a name that says nothing of the patron."""
    outcome = here.patrons.block(ONE, "lost-card")
    assert (outcome.done, outcome.value.blocked_for("lost-card").by) == (True, "anne")
    assert here.patrons.unblock(ONE, "lost-card").value.blocks == ()
    said = " ".join(here.journal())
    assert "patrons.block" in said
    assert "p1" not in said
    here.ils.merge(ONE, TWO)
    assert [reason.code for reason in here.patrons.block(ONE, "x").decision.reasons] == ["merged_away"]
    with pytest.raises(NotFound):
        here.patrons.block(PatronId("main", "p9"), "x")


def test_one_form_may_lead_to_several_changes(here):
    """Each is carried out once; what was undone since is not told as done when the form comes again."""
    for reason in ("owes", "lost-card"):
        assert here.patrons.block(ONE, reason, cause="form 7").done
    assert [block.reason for block in here.ils.get(ONE).blocks] == ["owes", "lost-card"]
    set_at = here.ils.get(ONE).blocked_for("owes")
    assert here.patrons.block(ONE, "owes", cause="form 7").value.blocked_for("owes") == set_at
    assert here.patrons.unblock(ONE, "owes", cause="form 7").done
    again = here.patrons.block(ONE, "owes", cause="form 7")
    assert (again.done, again.value, [reason.code for reason in again.decision.reasons]) == (
        False,
        None,
        ["changed_since"],
    )
    assert "2026-03-10" in again.decision.reasons[0].text(REASONS)
    for category in ("staff", "student", "student"):
        assert here.patrons.update(ONE, PatronChange(category=category), cause="form 7").value.category == category
    assert not here.patrons.update(ONE, PatronChange(category="staff"), cause="form 7").done
    assert here.patrons.update(ONE, PatronChange(category="student", pin=PIN), cause="form 7").done is False
    assert here.records(DRAFTS) == {}


def test_a_request_is_kept_under_a_name_of_its_own(here):
    """What somebody types as a form's number is nowhere in store, journal or receipt."""
    outcome = here.patrons.block(ONE, "owes", cause=f"the form of {CANARY}")
    with here.store.transaction() as unit:
        steps = unit.steps.history("patrons", NOW - timedelta(days=1))
    assert outcome.done
    assert CANARY not in " ".join((*here.journal(), str(steps), repr(outcome)))


def test_a_pin_alone_is_proved_or_stays_open(here):
    """Whether a PIN was set is asked of the ILS; what no process can ask any more is not told as done."""
    here.line.lose()
    assert here.patrons.update(ONE, PatronChange(pin=PIN)).done
    assert here.ils.check_pin(ONE, PIN)
    here = filed(town(ils=Forgetful))
    here.line.lose()
    assert not here.patrons.update(ONE, PatronChange(pin=PIN)).done
    doer = next(action for action in patrons_area(here.patrons.systems).actions if action.name == UPDATE)
    draft = here.patrons.systems.drafts.keep(PatronChange())
    assert doer.read_back(UpdateOrder(patron=ONE, draft=draft), None) is ReadBack.UNKNOWN


class Forgetful(MemoryPatrons):
    """Answers a change and sets no PIN."""

    def update(self, patron, change, *, key):
        return super().update(patron, evolve(change, pin=None), key=key)


def test_a_link_is_of_the_minor_and_to_somebody(here):
    """Another minor's link and one to nobody are refused; one whose adult is gone since keeps nobody else out."""
    for wrong in (evolve(link(), minor=TWO), evolve(link(), adult=PatronId("main", "p9"))):
        with pytest.raises(InvalidValue, match="guardians"):
            here.patrons.write_down(CHILD, lambda file, one=wrong: evolve(file, guardians=(one,)))
    gone = evolve(link(), adult=PatronId("main", "p9"))
    change_file(here.store, here.ils.get(CHILD), lambda file: evolve(file, guardians=(gone, link())))
    asked = {"child": CHILD, "adult": ONE, "evidence": [Evidence.CHILDS_CARD], "identified": True}
    assert here.patrons.may_tell(FactClass.AMOUNT_OWED, **asked).permitted


def test_a_file_that_changes_meanwhile_is_changed_again(here):
    """Two writers at once lose nothing of each other."""
    first, second = (Standing(code=code) for code in ("one", "two"))

    def slow(file):
        if not file.restrictions:
            here.patrons.write_down(ONE, lambda other: evolve(other, restrictions=(first,)))
        return evolve(file, restrictions=(*file.restrictions, second))

    assert here.patrons.write_down(ONE, slow).restrictions == (first, second)


class Deaf(MemoryPatrons):
    """Answers a block as done and does not store it."""

    def set_block(self, patron, block, *, key):
        return Answer(AnswerKind.DONE)


class ByHand(MemoryPatrons):
    """Hands blocks to a person."""

    def set_block(self, patron, block, *, key):
        return Answer(AnswerKind.FOR_OPERATOR, "slip-1")


def test_a_block_that_did_not_happen_is_not_told_as_done():
    """Neither is one that a person is to carry out."""
    lied = filed(town(ils=Deaf)).patrons.block(ONE, "lost-card")
    assert (lied.done, lied.value) == (False, None)
    handed = filed(town(ils=ByHand)).patrons.block(ONE, "lost-card")
    assert (handed.done, handed.receipt.result) == (False, "waiting")


def test_a_change_changes_what_it_names(here):
    """The record has it, the draft is gone, and nothing of it is in outbox or journal."""
    before = here.ils.get(ONE)
    outcome = here.patrons.update(ONE, PatronChange(contact=person("Adele"), pin=PIN))
    assert outcome.done
    assert evolve(outcome.value, contact=before.contact) == before
    assert outcome.value.contact == person("Adele")
    assert here.ils.check_pin(ONE, PIN)
    with here.store.transaction() as unit:
        steps = unit.steps.history("patrons", NOW - timedelta(days=1))
    said = " ".join((*here.journal(), str(steps), repr(outcome), repr(PatronChange(contact=person(), pin=PIN))))
    for canary in (CANARY, "Adele", "555-0142", PIN):
        assert canary not in said
    assert here.records(DRAFTS) == {}
    here.ils.merge(ONE, TWO)
    assert [reason.code for reason in here.patrons.update(ONE, PatronChange(category="x")).decision.reasons] == [
        "merged_away"
    ]


class Gone(MemoryPatrons):
    """Stores a change, and cannot be reached from then on."""

    def update(self, patron, change, *, key):
        super().update(patron, change, key=key)
        self.gone = True
        raise OutcomeUnknown("main", "update", "the line broke", key)

    def get(self, patron):
        if getattr(self, "gone", False):
            raise Unavailable("main", "get", "no route")
        return super().get(patron)


def test_a_draft_outlives_a_system_that_is_gone():
    """While nobody can read back what became of a change, what it said is kept for whoever can."""
    here = filed(town(ils=Gone))
    outcome = here.patrons.update(ONE, PatronChange(category="staff"))
    assert (outcome.done, outcome.receipt.result) == (False, "unknown")
    assert len(here.records(DRAFTS)) == 1
    assert [step.step.action for step in here.steps()] == ["patrons.update"]


class Vague(MemoryPatrons):
    """Answers a change with the record as it was, and leaves it."""

    def update(self, patron, change, *, key):
        return self.get(patron)


def test_a_change_that_does_not_show_is_not_told_as_done():
    """What was answered and is not there was not done, whatever the answer said."""
    here = filed(town(ils=Vague))
    outcome = here.patrons.update(ONE, PatronChange(category="staff"))
    assert (outcome.done, outcome.value) == (False, None)


def test_a_change_whose_answer_is_lost_is_read_back(here):
    """What shows was done; a draft that another process finds settled is refused by name."""
    here.line.lose()
    outcome = here.patrons.update(ONE, PatronChange(category="staff"))
    assert here.ils.get(ONE).category == "staff"
    assert outcome.done
    assert here.records(DRAFTS) == {}
    assert here.steps() == ()


def test_merging_keeps_obligations_and_the_stricter_exemption(here):
    """Shown first: then every number, block and standing is the survivor's, also of a merge that staff made."""
    until = [date(2026, 6, 1), date(2027, 1, 1)]
    for patron, end, given in ((ONE, until[0], True), (TWO, until[1], False)):
        words = Consents((Consent(kind=ConsentKind.NEWS, given=given, since=NOW, by="anne"),))
        standing = (Standing(code="no-agency", until=end),)
        here.patrons.write_down(patron, lambda _, w=words, s=standing: PatronFile(consents=w, exemptions=s))
    here.patrons.block(TWO, "lost-card")
    open_loans = {ONE: (Obligation("loan", "main:l1"),), TWO: (Obligation("charge", "main:c1"),)}
    systems = evolve(here.patrons.systems, obligations=lambda patron: open_loans[patron])
    preview = evolve(here.patrons, systems=systems).merging.preview(TWO, ONE)
    assert preview.result.obligations == (Obligation("charge", "main:c1"), Obligation("loan", "main:l1"))
    assert preview.result.exemptions == (Standing(code="no-agency", until=until[1]),)
    outcome = here.patrons.merging.merge(TWO, ONE)
    assert outcome.done
    left = outcome.value
    assert (left.blocked_for("lost-card") is not None, left.merged_from) == (True, (TWO,))
    assert here.patrons.find("29001").id == ONE
    own = here.patrons.file(ONE)
    assert own.exemptions == (Standing(code="no-agency", until=until[1]),)
    assert not own.consents.given(ConsentKind.NEWS)
    here.patrons.write_down(ONE, lambda file: file)
    assert set(here.records(FILES)) == {"main:p1"}
    again = here.patrons.merging.merge(TWO, ONE)
    assert [reason.code for reason in again.decision.reasons] == ["same_record"]


def test_a_link_to_oneself_is_no_link_after_a_merge(here):
    """Where the adult's record was merged into the child's by mistake, nobody is their own guardian."""
    here.patrons.write_down(CHILD, lambda file: evolve(file, guardians=(link(), link(TWO))))
    here.ils.merge(ONE, CHILD)
    assert here.patrons.file(CHILD).guardians == (link(TWO),)


def test_two_in_collection_are_for_a_person(here):
    """The merge is referred, and nothing is sent."""
    for patron in (ONE, TWO):
        here.ils.set_flag(patron, CollectionFlag("a", NOW, str(patron)), key=str(patron))
    outcome = here.patrons.merging.merge(ONE, TWO)
    assert (outcome.decision.verdict, outcome.receipt) == (Verdict.REFER, None)


class Loser(MemoryPatrons):
    """Loses a block in a merge."""

    def merge(self, gone, kept, *, key=""):
        left = super().merge(gone, kept, key=key)
        self._patrons[left.id] = evolve(left, blocks=())
        return self.get(left.id)


def test_a_merge_that_loses_a_block_is_not_told_as_done():
    """What it should have kept does not show: somebody has to look."""
    here = filed(town(ils=Loser))
    here.patrons.block(TWO, "lost-card")
    outcome = here.patrons.merging.merge(TWO, ONE)
    assert (outcome.done, outcome.value, outcome.receipt.result) == (False, None, "unknown")


class NoSearch(MemoryPatrons):
    """Finds nobody by name."""

    def search(self, query):
        raise UnsupportedOperation("main", "search", "no such call")


def test_duplicates_are_found_and_explained(here):
    """Who shares name and birth date; without a search nobody is found, and no card is refused for it."""
    assert here.patrons.merging.duplicates(ONE).pairs == ()
    here.ils.put(evolve(here.ils.get(ONE), id=PatronId("main", "p7"), cards=()))
    (pair,) = here.patrons.merging.duplicates(ONE).pairs
    assert (pair.ids, pair.likeness) == ((ONE, PatronId("main", "p7")), Likeness.SAME)
    assert filed(town(ils=NoSearch)).patrons.merging.duplicates(ONE).pairs == ()
    here.ils.put(Patron(id=PatronId("main", "bare"), as_of=NOW))
    assert here.patrons.merging.duplicates(PatronId("main", "bare")).pairs == ()


def test_the_jurisdiction_has_its_evidence(here):
    """By address or point, with the row it rests on; what is not known is unsure and says what to ask."""
    found = here.patrons.jurisdiction(home())
    assert (found.belonging, found.evidence[0].row) == (Belonging.DISTRICT, "line 2")
    assert here.patrons.jurisdiction(point=(-117.0, 47.0)).asks == (Ask.MAP,)
    assert CardKind.RESIDENT in here.cards.card_for(home()).kinds


def test_a_household_is_a_key_that_says_nothing(here):
    """Two of one address share it; a patron without an address has none."""
    keys = {str(here.patrons.household(patron).household) for patron in (ONE, TWO)}
    assert len(keys) == 1
    assert "oak" not in keys.pop().lower()
    here.ils.put(Patron(id=PatronId("main", "bare"), as_of=NOW))
    assert here.patrons.household(PatronId("main", "bare")).household is None


def test_revealing_leaves_an_audit_line(here):
    """Who, which field and why, before the value; never the value nor the patron's id."""
    seen = here.patrons.reveal(here.patrons.get(ONE), "contact", Purpose.PATRON_REQUEST)
    assert seen == person()
    (line,) = [entry for entry in here.journal() if "privacy.revealed" in entry]
    assert "contact for patron_request" in line
    assert "anne" in line
    for canary in (CANARY, "main:p1", "Oak"):
        assert canary not in line


def test_no_code_has_two_sentences():
    """Every code of the desk's texts stands for one sentence."""
    parts = [m.REASONS for m in (access, duplicates, jurisdiction, lookup, merge, verification)] + [texts.REASONS]
    assert sum(map(len, parts)) == len(texts.DESK)
    assert set(texts.REASONS) <= set(texts.DESK)


def test_requests_say_what_is_wrong_with_them():
    """A query without anything, an end beside no end, a PIN of control signs: none repeats what it was given."""
    wrong = (
        lambda: PatronQuery(name="--"),
        lambda: PatronQuery(name="a\nb"),
        lambda: PatronChange(endless=True, expires_on=date(2027, 1, 1)),
        lambda: PatronChange(pin=f"{PIN}\n"),
        lambda: PatronChange(birth_date=datetime(2020, 1, 1, tzinfo=UTC)),
        lambda: PatronQuery(name=CANARY, birth_date="1980"),
        lambda: NewPatron(number=Barcode("29001"), contact=CANARY),
        lambda: Patron(id=ONE, as_of=NOW, expires_on=datetime(2027, 1, 1, tzinfo=UTC)),
    )
    for make in wrong:
        with pytest.raises(InvalidValue) as found:
            make()
        assert CANARY not in str(found.value)
        assert PIN not in str(found.value)


def test_a_merge_whose_answer_is_lost_is_read_back(here):
    """Two records that are one, with everything that both had, were merged; two that are two were not."""
    here.line.lose()
    assert here.patrons.merging.merge(TWO, ONE).done
    again = filed(town())
    action = again.patrons.writer.engine.actions[MERGE]
    order = MergeOrder.of(again.ils.get(TWO), again.ils.get(ONE))
    assert action.read_back(order, None).value == "not_done"
    assert codec_round(order) == order


def codec_round(order):
    """The order as another process reads it."""
    return codecs.load(MergeOrder, codecs.dump(order))


def test_blocks_are_read_back(here):
    """A block or its end whose answer is lost is done when it shows."""
    here.line.lose()
    assert here.patrons.block(ONE, "lost-card").done
    here.line.lose()
    assert here.patrons.unblock(ONE, "lost-card").done
    assert here.ils.get(ONE).blocks == ()


def test_every_order_is_looked_at_again_before_it_is_sent(here):
    """A record that was merged away meanwhile gets no block, no change and no second merge."""
    actions, drafts = here.patrons.writer.engine.actions, here.patrons.systems.drafts
    change = UpdateOrder(patron=ONE, draft=drafts.keep(PatronChange(category="x")))
    orders = [
        (BLOCK, BlockOrder(patron=ONE, reason="x"), "merged_away"),
        (UPDATE, change, "merged_away"),
        (MERGE, MergeOrder(ONE, TWO), "same_record"),
    ]
    for name, order, _ in orders:
        assert actions[name].recheck(order, None).permitted
    assert actions[UPDATE].read_back(change, None).value == "not_done"
    here.ils.update(ONE, PatronChange(category="x"), key="staff")
    assert actions[UPDATE].read_back(change, None).value == "done"
    assert here.records(DRAFTS) == {}
    orders[1] = (UPDATE, evolve(change, draft=drafts.keep(PatronChange(category="y"))), "merged_away")
    here.ils.merge(ONE, TWO)
    for name, order, code in orders:
        assert [reason.code for reason in actions[name].recheck(order, None).reasons] == [code]


def test_a_draft_that_is_gone_is_refused_by_name(here):
    """A step whose draft was settled elsewhere changes nothing."""
    action = here.patrons.writer.engine.actions[UPDATE]
    order = UpdateOrder(patron=ONE, draft="gone")
    assert action.recheck(order, None).reasons[0].code == "draft_gone"
    with pytest.raises(Rejected, match="no longer kept"):
        action.do(order, "key")
    assert action.read_back(order, None).value == "not_done"
