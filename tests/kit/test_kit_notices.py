"""Records of notices, graded by the suite: the reference, and what is read out of files."""

from functools import partial
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from scld_adapters.files.harness import notices_harness as notices
from scld_adapters.files.notices import FileNotices
from scld_adapters.files.settings import LAYOUTS
from scld_core.errors import BadInput, NotFound, SnapshotRefused, Unavailable, UnsupportedOperation
from scld_core.kernel.capability import Unsupported
from scld_core.notices import CANONICAL, NoticeKind, read_notices
from scld_core.plugins import Registry
from scld_core.testing.conformance import find_harnesses
from scld_core.testing.differential import DUELS, differ
from scld_core.testing.duel import Call
from scld_core.testing.grading import grade
from scld_core.testing.planted.notices import Spoilt
from scld_core.testing.references_agency import MEMORY_NOTICES, notices_harness
from scld_core.testing.report import Grade, Verdict
from scld_core.testing.suite import NoticesSuite

ZONE = ZoneInfo("UTC")
KINDS = (NoticeKind.BILL,)


class TestMemoryNotices(NoticesSuite):
    """The reference record."""

    @pytest.fixture
    def backend(self):
        return MEMORY_NOTICES


class TestFileNotices(NoticesSuite):
    """Exports in every layout there is."""

    examples = 3

    @pytest.fixture(params=LAYOUTS)
    def backend(self, request):
        return notices(request.param)


def test_the_backend_brings_what_it_is_graded_over():
    """`scld conformance files` finds loans, and notices in each layout; settings of one's own it cannot fill."""
    found = find_harnesses("files", Registry.load())
    assert [(harness.port, harness.name) for harness in found] == [
        ("loans", "files"),
        *(("notices", f"files, layout {layout}") for layout in LAYOUTS),
    ]
    with pytest.raises(BadInput, match="leave --settings out"):
        find_harnesses("files", Registry.load(), {"notices": "n.csv"})


def findings(report):
    """What failed, in words."""
    return [(cell.check, cell.operation, cell.detail) for cell in report.failures]


@pytest.mark.parametrize("harness", [MEMORY_NOTICES, *map(notices, LAYOUTS)], ids=lambda harness: harness.name)
def test_the_good_raise_no_alarm(harness):
    """From plain Python: no check fails, and a record is only read."""
    report = grade(harness)
    assert findings(report) == []
    assert report.grade is Grade.READS


def test_a_layout_that_reads_wrongly_is_found():
    """Two channels swapped in a layout's table are what the kit says that they are."""
    swapped = dict(zip(CANONICAL.channels, reversed(CANONICAL.channels.values()), strict=True))
    wrong = evolve(CANONICAL, channels=swapped)
    told = notices().make

    def make(world):
        bench = told(world)
        read = partial(read_notices, backend=world.context.instance, zone=ZONE, layout=wrong, assigning=KINDS)
        return evolve(bench, notices=FileNotices(lambda: (world.context.folder / "notices.csv",), read, ZONE))

    report = grade(evolve(notices(), make=make))
    assert {cell.check for cell in report.failures} == {
        "notices.as-told",
        "notices.whole-list",
        "notices.sees-changes",
        "notices.like-the-reference",
    }
    assert report.failures[0].detail


class Yesterdays(Spoilt):
    """A nightly extract: it says nothing new, and that it is of last night."""

    def prepare(self):
        self.night = self.world.clock.now()
        self.filed = 0

    def record(self, notice):
        if self.filed < len(self.world.seed.notices):
            super().record(notice)
        self.filed += 1

    def _pages(self, wanted):
        return (evolve(page, as_of=self.night) for page in super()._pages(wanted))


class RefusesEmpty(Spoilt):
    """Takes an empty list for a wrong filter, unless it is one patron's."""

    def iter_sent(self, since):
        pages = list(super().iter_sent(since))
        if not self._notices:
            raise SnapshotRefused("kit: an empty list")
        return iter(pages)


class CutRaises(Spoilt):
    """Raises when the connection breaks in the middle of a list."""

    def _pages(self, wanted):
        for page in super()._pages(wanted):
            yield page
            if self.cut_after is not None:
                raise Unavailable("kit", "list", "the connection broke")


class RefusesStrangers(Spoilt):
    """Says that a patron of another instance is none of its own."""

    def iter_notices(self, patron):
        if patron.backend != self.world.context.instance:
            raise NotFound("kit", "iter_notices", "another system's patron")
        return super().iter_notices(patron)


@pytest.mark.parametrize(
    "kind", [Yesterdays, RefusesEmpty, CutRaises, RefusesStrangers], ids=lambda kind: kind.__name__
)
def test_a_record_may_do_otherwise(kind):
    """Nothing in the port forbids it."""
    report = grade(notices_harness(lambda world: kind(world).bench()))
    assert findings(report) == []


def test_without_levers_nothing_is_claimed():
    """What cannot be seen is unseen, and of a record that lists one way only the other is excused."""

    def make(world):
        return evolve(Spoilt(world).bench(), show=None, cut=None, outage=None)

    report = grade(notices_harness(make))
    assert findings(report) == []
    seen = {(cell.check, cell.verdict) for cell in report.cells}
    assert {("notices.sees-changes", Verdict.UNSEEN), ("notices.cut-list", Verdict.UNSEEN)} <= seen


class BySentOnly(Spoilt):
    """Lists by time alone."""

    def iter_notices(self, patron):
        raise UnsupportedOperation("kit", "iter_notices", "listed by time alone")


def test_a_record_that_lists_by_time_alone_is_compared_by_that():
    """The duel asks only for what both offer, also after something was sent."""
    whole = notices_harness(lambda world: BySentOnly(world).bench())
    listed = evolve(
        whole, capabilities={**whole.capabilities, "notices.iter_notices": Unsupported("listed by time alone")}
    )
    with DUELS["notices"](MEMORY_NOTICES, listed) as duel:
        assert {call.verb for call in duel.calls} == {"iter_sent", "send"}
        expected, found = duel.do(Call("send", 1, 0))
        assert expected == found
    assert differ(MEMORY_NOTICES, listed, seed=1) is None
    assert findings(grade(listed)) == []
