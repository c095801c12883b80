"""Two records to which the same notices are added."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import evolve

from scld_core.notices.model import Channel, NoticeKind, NoticeResult
from scld_core.testing.duel import Call, Side, Sides
from scld_core.testing.harness import Harness, NoticesBench
from scld_core.testing.notices_tools import LONG_AGO, asked, facts
from scld_core.testing.synthetic import NOW
from scld_core.testing.synthetic_accounts import COUNT, patron
from scld_core.testing.synthetic_agency import notices, sent

__all__ = ["NoticesDuel"]

_DAYS = (-365, -40, -19, 0, 1)
_NEW = (
    (NoticeKind.OVERDUE, Channel.EMAIL, NoticeResult.FAILED),
    (NoticeKind.BILL, Channel.MAIL, NoticeResult.SENT),
)


class NoticesDuel(Sides[NoticesBench]):
    """Two equal records.

    `number` is the patron, for `iter_sent` days from now. `send` has the ILS send one of two notices
    by the lever `show`; a record that does not show it and says that it is older is compared no
    further. Compared is what both keep, without the order of one second's notices.
    """

    def __init__(self, reference: Harness[NoticesBench], subject: Harness[NoticesBench]) -> None:
        super().__init__(reference, subject, lambda case: case.open(notices()))
        self._behind = False
        self.tells = set(self.sides[0].bench.tells) & set(self.sides[1].bench.tells)
        shows = all(side.bench.show for side in self.sides)
        found = [Call("iter_notices", number) for number in (*range(COUNT), 999)]
        found += [Call("iter_sent", days) for days in _DAYS]
        offered = [call for call in found if self.offers(call.verb)]
        self.calls = (*offered, *(Call("send", number, n) for number in range(COUNT) for n in (0, 1) if shows))

    def do(self, call: Call) -> tuple[Any, Any]:
        """One call on both; after a new notice, everything that was sent to its patron, or at all."""
        if self._behind:
            return None, None
        if call.verb != "send":
            return self.both(lambda side: self._list(side, call))
        behind = [self._send(side, call) for side in self.sides]
        self._behind = any(behind)
        return (None, None) if self._behind else self.both(lambda side: self._list(side, self._seen(call)))

    def _seen(self, call: Call) -> Call:
        return Call("iter_notices", call.number) if self.offers("iter_notices") else Call("iter_sent", _DAYS[0])

    def _send(self, side: Side[NoticesBench], call: Call) -> bool:
        """Send one; gives whether the record says that it is older."""
        now = side.case.clock.tick(seconds=60)
        assert side.bench.show is not None  # `shows` says so
        side.bench.show(evolve(sent(call.number, 0, _NEW[call.choice], amount=100), sent_at=now))
        side.case.clock.tick(seconds=1)
        seen = self._seen(call)
        try:
            pages = list(asked(side.bench, seen.verb, patron(call.number), LONG_AGO))
        except Exception:  # noqa: BLE001 - the comparison will show it
            return False
        return any(page.as_of < now for page in pages)

    def _list(self, side: Side[NoticesBench], call: Call) -> object:
        since = NOW + timedelta(days=call.number)
        pages = list(asked(side.bench, call.verb, patron(call.number), since))
        return sorted(facts(row, self.tells) for page in pages for row in page.rows), [page.last for page in pages][-1:]
