"""The reference way to the agency: what the port of channels means."""

from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.agency.ports import Parcel
from scld_core.errors import Conflict, Rejected, Unavailable
from scld_core.memory.channel import MemoryChannel
from scld_core.runs.model import AnswerKind, ReadBack
from support.clock import Ticking

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
ONE = Parcel("sync-1.csv", b"id,due\r\n1,12.50\r\n", note="Synthetic: 1 row.")
OTHER = evolve(ONE, content=b"id,due\r\n1,12.51\r\n")


@pytest.fixture
def clock():
    return Ticking(NOW)


@pytest.fixture
def channel(clock):
    return MemoryChannel(clock)


def test_a_receipt_says_what_came_with_which_key_and_when(channel, clock):
    """Name, bytes, note, key, instant and answer are kept."""
    assert channel.delivered(ONE) is ReadBack.NOT_DONE
    later = clock.tick(hours=1)
    answer = channel.deliver(ONE, key="k")
    (receipt,) = channel.receipts
    assert (receipt.key, receipt.parcel, receipt.at, receipt.answer) == ("k", ONE, later, answer)
    assert (answer.kind, answer.reference) == (AnswerKind.DONE, ONE.name)
    assert channel.files == ((ONE.name, ONE.content),)
    assert channel.delivered(ONE) is ReadBack.DONE
    assert channel.delivered(OTHER) is ReadBack.NOT_DONE
    assert "12.50" not in repr(receipt)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 3)), max_size=12))
def test_a_name_has_one_content_for_ever(calls):
    """Whatever is sent under whatever key, and however often the agency collects: the first bytes stay."""
    channel = MemoryChannel(Ticking(NOW))
    first, keys = {}, {}
    for name, version, key in calls:
        one = Parcel(f"f{name}", bytes([version]))
        if key == 3:
            channel.collect()
        try:
            channel.deliver(one, key=str(key))
        except (Conflict, Rejected):
            assert keys.get(key, one) != one or first[one.name] != one.content
        else:
            keys.setdefault(key, one)
            first.setdefault(one.name, one.content)
        assert dict((*channel.files, *channel.taken)) == first
    assert {receipt.key: receipt.parcel for receipt in channel.receipts} == {str(k): one for k, one in keys.items()}


def test_a_note_is_no_part_of_a_file(channel):
    """The same file with another cover note is the same file."""
    first = channel.deliver(ONE, key="k")
    assert channel.deliver(evolve(ONE, note="Synthetic: again."), key="k") == first
    assert len(channel.receipts) == 1


def test_a_file_of_somebody_else_is_left_alone(channel):
    """What lies under the name with other bytes is not overwritten, and the same bytes are taken for ours."""
    channel.put(ONE.name, OTHER.content)
    with pytest.raises(Rejected, match="other content"):
        channel.deliver(ONE, key="k")
    assert channel.deliver(OTHER, key="k2").kind is AnswerKind.DONE
    assert channel.content(ONE.name) == OTHER.content


def test_what_the_agency_took_was_delivered(channel):
    """A collected file is done, its name stays used, and its key brings nothing again."""
    channel.deliver(ONE, key="k")
    channel.collect()
    assert (channel.files, channel.taken) == ((), ((ONE.name, ONE.content),))
    assert channel.delivered(ONE) is ReadBack.DONE
    channel.deliver(ONE, key="k")
    channel.deliver(ONE, key="another")
    assert channel.files == ()
    with pytest.raises(Rejected):
        channel.deliver(OTHER, key="k3")


@pytest.mark.parametrize("at", [1, 2])
def test_a_delivery_that_breaks_leaves_no_file_under_its_name(channel, at):
    """With half of it there, or all of it before it has its name, a fault leaves a part, and repeating heals it."""
    looks = []

    def pause():
        looks.append(channel.files)
        if len(looks) == at:
            raise Unavailable("main", "deliver", "the connection broke")

    channel.pause = pause
    with pytest.raises(Unavailable):
        channel.deliver(ONE, key="k")
    assert [name for name, _ in channel.files] == [f".{ONE.name}.part"]
    assert channel.delivered(ONE) is ReadBack.NOT_DONE
    assert channel.receipts == ()
    channel.deliver(ONE, key="k")
    assert channel.files == ((ONE.name, ONE.content),)
