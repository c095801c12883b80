"""Synthetic sides of a reconciliation, a slow and obvious second opinion, and both systems as simple state.

The second opinion follows the words of the reference, kind by kind, over all pairs of rows; it shares
nothing with the engine but the values. No number here belongs to anybody.
"""

from datetime import UTC, date, datetime, timedelta

from attrs import evolve, frozen
from hypothesis import strategies as st

from scld_core.agency.classify import Terms
from scld_core.agency.model import AccountStatus, AgencyAccount, Booked, IlsPatron, Reading, SentAccount
from scld_core.agency.plan import Do
from scld_core.kernel.money import Money
from scld_core.kernel.page import Quarantined

LISTED_AT = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)  # the agency's list
SENT_AT = datetime(2026, 6, 5, 6, 0, tzinfo=UTC)
ILS_AT = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)
FEE = 1000
TERMS = Terms(Money(FEE), Money(0), stale_days=180, in_flight_days=14, notice_days=30)
BARE = Terms()
NAMES = ("ils.csv", "agency.csv", "sent.csv")


# Values.


def patron(key="p1", balance=2500, *, cards=("c1",), flagged=True, fee=FEE, exempt=False, line=2):
    """A patron in collection, unless said otherwise."""
    return IlsPatron(line, balance, flagged, fee, exempt, key, tuple(cards))


def account(key="a1", balance=2500, *, patron="p1", card="", status=AccountStatus.OPEN, line=2, **more):
    """The agency's account of the same patron."""
    more = {"name": "SYNTHETIC, Name", "listed_on": date(2026, 3, 1), "last_activity": date(2026, 5, 20)} | more
    return AgencyAccount(line, status, balance, key, patron, card, **more)


def told(balance=2500, *, patron="p1", card="", line=2):
    """What we sent of the same patron."""
    return SentAccount(line, balance, patron, card)


def reading(rows, quarantined=(), *, name=NAMES[0], at=ILS_AT):
    """A file of these rows."""
    return Reading(name, iter(list(rows)), list(quarantined), lambda: at)


def ils_side(rows, quarantined=()):
    """The ILS snapshot."""
    return reading(rows, quarantined)


def agency_side(rows, quarantined=()):
    """The agency's list."""
    return reading(rows, quarantined, name=NAMES[1], at=LISTED_AT)


def sent_side(rows, quarantined=()):
    """The last file sent."""
    return reading(rows, quarantined, name=NAMES[2], at=SENT_AT)


def bad(side, line, key=""):
    """A row that could not be read."""
    return Quarantined(NAMES[side], line, "balance is not a number", key)


# Both systems as state.


class TwoSystems:
    """An agency and an ILS that do what a plan says, and the file that tells the agency."""

    def __init__(self, world):
        self.world = world
        self.patrons = {one.patron: one for one in world.ils}
        self.accounts = None if world.agency is None else {one.account: one for one in world.agency}
        self.sent = None if world.sent is None else list(world.sent)

    def apply(self, plan):
        """Carry out both lists, and give the world as it is then."""
        for step in plan.ils:
            self.patrons[step.patron] = self._post(self.patrons[step.patron], step)
        for step in plan.agency:
            self._tell(step)
        agency = None if self.accounts is None else tuple(self.accounts.values())
        sent = None if self.sent is None else tuple(self.sent)
        return evolve(self.world, ils=tuple(self.patrons.values()), agency=agency, sent=sent)

    def _post(self, one, step):
        if step.do is Do.SET_FLAG:
            assert not one.flagged
            return evolve(one, flagged=True)
        if step.do is Do.CLEAR_FLAG:
            assert one.flagged
            return evolve(one, flagged=False)
        cents = step.amount.cents if step.do is Do.CHARGE_FEE else -step.amount.cents
        assert cents > 0 or one.referral_fee >= -cents
        return evolve(one, balance=one.balance + cents, referral_fee=one.referral_fee + cents)

    def _tell(self, step):
        one = self.accounts.get(step.account) if self.accounts is not None else None
        if step.do is Do.SEND_AGAIN and one is None and self.accounts is not None:
            one = account(f"new {step.patron}", patron=step.patron, line=90, listed_on=LISTED_AT.date())
        own, card = self._numbers(step, one)
        if step.do is Do.SEND_ALIAS:
            if one is not None:
                self.accounts[one.account] = evolve(one, patron=own, card=card)
            balance = None
        else:
            balance = step.amount.cents
            over = step.do in (Do.REMOVE, Do.WITHDRAW)
            if one is not None:
                status = AccountStatus.CLOSED if over else AccountStatus.OPEN
                numbers = {"patron": own, "card": card} if step.do is Do.SEND_AGAIN else {}
                self.accounts[one.account] = evolve(one, balance=balance, status=status, **numbers)
        if self.sent is not None:
            self._note(step, one, balance)

    def _numbers(self, step, one):
        if step.patron is not None:
            return step.patron, step.card
        return (one.patron, one.card) if one else (step.account, "")

    def _note(self, step, one, balance):
        """What was told is in the next file that was sent, under the present numbers."""
        own, card = self._numbers(step, one)
        numbers = set(self.patrons[own].barcodes) if own in self.patrons else set()
        owns = {own, step.account if one is None else one.patron, *numbers} - {"", None}
        cards = {card, step.account if one is None else one.card, *numbers} - {"", None}
        others = {number for key, one in self.patrons.items() if key != own for number in (key, *one.barcodes)}
        free = [row for row in self.sent if not {row.patron, row.card} & others]
        mine = [row for row in free if row.patron in owns or row.card in cards]
        for _ in self.sent:  # rows that share a number are one person's
            owns |= {row.patron for row in mine} - {""}
            cards |= {row.card for row in mine} - {""}
            mine = [row for row in free if row.patron in owns or row.card in cards]
        if step.patron is None and mine:
            self.sent = [evolve(row, balance=balance) if row in mine else row for row in self.sent]
        elif mine or balance is not None:
            last = max((row.balance for row in mine), default=0) if balance is None else balance
            self.sent = [row for row in self.sent if row not in mine]
            self.sent.append(SentAccount(90, last, own, card))


@frozen
class World:
    """What the three files say, None for a file that is not there, and the rows of each that cannot be read."""

    ils: tuple[IlsPatron, ...] = ()
    agency: tuple[AgencyAccount, ...] | None = ()
    sent: tuple[SentAccount, ...] | None = None
    bad: tuple[tuple[Quarantined, ...], ...] = ((), (), ())
    booked: tuple[Booked, ...] = ()
    notices: dict[str, tuple[date, ...]] | None = None

    def sides(self):
        """The arguments of `reconcile`."""
        given = {}
        if self.agency is not None:
            given["agency"] = agency_side(self.agency, self.bad[1])
        if self.sent is not None:
            given["sent"] = sent_side(self.sent, self.bad[2])
        if self.notices is not None:
            given["notices"] = lambda key: self.notices.get(key, ())
        return (ils_side(self.ils, self.bad[0]),), given | {"events": self.booked}


# Strategies.

KEYS = tuple(f"p{n}" for n in range(1, 6))
CARDS = tuple(f"c{n}" for n in range(1, 7))
CENTS = st.sampled_from((-300, 0, 0, 500, 1000, 2500, 2500, 2500, 3500))
DAYS = st.sampled_from((None, date(2025, 10, 1), date(2026, 3, 1), date(2026, 5, 20)))
MAYBE_KEY = st.one_of(st.just(""), st.sampled_from((*KEYS, *KEYS, "p9", "c2")))
MAYBE_CARD = st.one_of(st.just(""), st.sampled_from((*CARDS, "c9")))


@st.composite
def patrons(draw):
    """Patrons with different record numbers; cards may be anybody's."""
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=5))
    numbers = st.lists(st.sampled_from((*CARDS, "p8")), unique=True, max_size=3)
    return tuple(
        IlsPatron(
            line,
            draw(CENTS),
            draw(st.sampled_from((True, True, False))),
            draw(st.sampled_from((FEE, FEE, 0, 2 * FEE))),
            draw(st.sampled_from((False, False, False, True))),
            key,
            tuple(draw(numbers)),
        )
        for line, key in enumerate(keys, 2)
    )


@st.composite
def accounts(draw):
    """Accounts with different keys, each with a record number or a card."""
    count = draw(st.integers(0, 5))
    found = []
    for number in range(count):
        key, card = draw(MAYBE_KEY), draw(MAYBE_CARD)
        if key or card:
            status = draw(st.sampled_from((*[AccountStatus.OPEN] * 6, *AccountStatus)))
            dates = {"listed_on": draw(DAYS), "last_activity": draw(DAYS)}
            found.append(
                account(f"a{number}", draw(CENTS), patron=key, card=card, status=status, line=number + 2, **dates)
            )
    return tuple(found)


@st.composite
def sents(draw):
    """Rows of a sent file, each with a record number or a card."""
    found = [
        told(draw(CENTS), patron=draw(MAYBE_KEY), card=draw(MAYBE_CARD), line=n + 2)
        for n in range(draw(st.integers(0, 4)))
    ]
    return tuple(one for one in found if one.patron or one.card)


@st.composite
def unread(draw, side):
    """Rows that could not be read, with the numbers by which they are recognised."""
    keys = st.sampled_from(("", "p1", "p2", "p9", "p3;c1", "p4;", "c2", "a1"))
    return tuple(bad(side, 50 + n, draw(keys)) for n in range(draw(st.sampled_from((0, 0, 0, 1, 2)))))


BOOKED = st.lists(
    st.builds(
        Booked,
        at=st.sampled_from((LISTED_AT, LISTED_AT + timedelta(hours=1), LISTED_AT + timedelta(days=8), ILS_AT)),
        cents=st.sampled_from((500, 1000, -1000, -1500, 2500)),
        patron=st.sampled_from(KEYS),
    ),
    max_size=4,
).map(tuple)
NOTICES = st.one_of(
    st.none(),
    st.dictionaries(
        st.sampled_from(KEYS),
        st.lists(st.sampled_from((date(2026, 1, 30), date(2026, 1, 31), date(2026, 5, 2))), max_size=2).map(tuple),
    ),
)
TERM = st.builds(
    Terms,
    st.sampled_from((None, Money(FEE), Money(0))),
    st.sampled_from((None, Money(0), Money(500))),
    st.sampled_from((None, 30, 180)),
    st.sampled_from((None, 3, 5, 14)),
    st.sampled_from((29, 30)),
)


_GIVEN = (("agency", "both", "sent"), ("agency", "both"), ("both", "sent"))


@st.composite
def worlds(draw, *, broken=True):
    """Every mixture of the three files; at least one of the other two is there."""
    which = draw(st.sampled_from(("agency", "agency", "both", "both", "sent")))
    return World(
        draw(patrons()),
        draw(accounts()) if which != "sent" else None,
        draw(sents()) if which != "agency" else None,
        tuple(draw(unread(side)) if broken and which in given else () for side, given in enumerate(_GIVEN)),
        draw(BOOKED),
        draw(NOTICES),
    )
