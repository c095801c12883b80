"""A client and a fake library over a line in memory whose faults a test scripts."""

from collections import deque
from datetime import UTC, datetime

from scld_adapters.sip2.acs import Acs, AcsSettings
from scld_adapters.sip2.client import Account, Client
from scld_adapters.sip2.fake import FakeLibrary
from scld_adapters.sip2.faulty import FaultyConversation, MemoryLink
from scld_adapters.sip2.messages import make
from scld_adapters.sip2.settings import Timing
from scld_core.kernel.time import FixedClock

CLOCK = FixedClock(datetime(2026, 11, 22, 18, 38, 9, tzinfo=UTC))
NOW = "20261122    103809"
CARD = "29999000000015"
ACCOUNT = Account("terminal", "secret", "DESK")


class Line:
    """One client, one library, and a new faulty connection each time the client dials."""

    def __init__(self, *, restamp=False, account=ACCOUNT, dialect=None, handlers=None, timing=None):
        self.library = FakeLibrary.sample(CLOCK)
        self.handlers = handlers or self.library.handlers()
        self.faults = deque()
        self.dialled = 0
        self.time = 0.0
        self._restamp = restamp
        self.settings = AcsSettings("MAIN") if dialect is None else AcsSettings("MAIN", dialect=dialect)
        self.client = Client(
            self._dial, account, backend="main", dialect=dialect, timing=timing or Timing(), monotonic=lambda: self.time
        )

    def _dial(self):
        self.dialled += 1
        conversation = FaultyConversation(Acs(self.handlers, self.settings, CLOCK), (), restamp=self._restamp)
        conversation.faults = self.faults
        return MemoryLink(conversation)

    def ask(self, message, *faults, key=""):
        """Ask over a connection that stands, with these faults from now on."""
        self.faults.clear()
        self.client.status()
        self.faults.extend(faults)
        return self.client.ask(message, operation="test", key=key)


def payment(reference, cents=100):
    """A payment with a reference of its own."""
    return make(
        "37",
        transaction_date=NOW,
        fee_type="01",
        payment_type="00",
        currency_type="USD",
        fee_amount=f"{cents // 100}.{cents % 100:02}",
        institution_id="MAIN",
        patron_identifier=CARD,
        transaction_id=reference,
    )


def hold(item, mode="+"):
    """A hold of one item."""
    return make(
        "15", hold_mode=mode, transaction_date=NOW, institution_id="MAIN", patron_identifier=CARD, item_identifier=item
    )


def patron(card=CARD, **values):
    """A request for the facts of a patron."""
    values = {"summary": " " * 10, "terminal_password": "", **values}
    return make("63", values, language="001", transaction_date=NOW, institution_id="MAIN", patron_identifier=card)
