"""Synthetic notices. No number here belongs to anybody."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.money import Money
from scld_core.notices import Channel, Notice, NoticeKind, NoticeResult

ZONE = ZoneInfo("America/Los_Angeles")
DAY = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)  # 08:00 in Spokane
ANN, BOB = PatronId("main", "1001"), PatronId("main", "1002")
BOOK, DISC = ItemId("main", "b7"), ItemId("main", "d9")


def notice(
    days=0,
    result=NoticeResult.SENT,
    *,
    patron=ANN,
    kind=NoticeKind.BILL,
    item=BOOK,
    channel=Channel.MAIL,
    assigning=False,
    **more,
):
    """A notice so many days after DAY."""
    sent_at = DAY + timedelta(days=days)
    return Notice(kind, sent_at, channel, result, patron, item=item, names_assignment=assigning, **more)


notices = st.builds(
    Notice,
    st.sampled_from(NoticeKind),
    st.integers(0, 3).map(lambda days: DAY + timedelta(days=days)),
    st.sampled_from(Channel),
    st.sampled_from(NoticeResult),
    st.sampled_from([ANN, BOB]),
    item=st.sampled_from([None, BOOK, DISC]),
    names_assignment=st.booleans(),
    amount=st.sampled_from([None, Money(2500)]),
)
