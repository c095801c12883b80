"""What the contract leaves open raises no alarm: other backends than the reference are right as well."""

import pytest
from attrs import evolve

from scld_core.circulation.model import Circulation, ItemState
from scld_core.circulation.read_only import ReadOnlyLoans
from scld_core.errors import BadInput, NotFound, SnapshotRefused, Unavailable
from scld_core.hotspots.account import Fate
from scld_core.kernel.capability import Full
from scld_core.kernel.page import Quarantined
from scld_core.testing.grading import grade
from scld_core.testing.loans_tools import READS
from scld_core.testing.planted.carrier_base import Spoilt as MemoryLines
from scld_core.testing.planted.ils import Spoilt as MemoryIls
from scld_core.testing.references import lines_harness, loans_harness
from scld_core.testing.report import Verdict


class RefusesEmptyAccount(MemoryLines):
    """Takes an empty account for a broken answer."""

    def iter_lines(self):
        pages = list(super().iter_lines())
        if not pages[0].rows:
            raise SnapshotRefused("carrier: an empty list")
        return iter(pages)


class ForgetsTerminated(MemoryLines):
    """Drops a line from the account when it ends."""

    def terminate(self, line, *, key):
        answer = super().terminate(line, key=key)
        self.gone = {*getattr(self, "gone", ()), line.iccid}
        return answer

    def get(self, line):
        if line.iccid in getattr(self, "gone", ()):
            raise NotFound("kit", "get", "no such line")
        return super().get(line)

    def iter_lines(self):
        for page in super().iter_lines():
            rows = tuple(row for row in page.rows if row.iccid not in getattr(self, "gone", ()))
            yield evolve(page, rows=rows, total=None)


class RefusesAfterClose(MemoryLines):
    """Says that it is closed."""

    closed = False

    def request_state(self, reference):
        if self.closed:
            raise BadInput("carrier", "is closed")
        return super().request_state(reference)

    def bench(self):
        def close():
            self.closed = True

        return evolve(super().bench(), close=close)


class CutRaises(MemoryLines):
    """Raises when the connection breaks in the middle of a list."""

    def iter_lines(self):
        for page in super().iter_lines():
            yield page
            if self.cut_after is not None:
                raise Unavailable("kit", "iter_lines", "the connection broke")


class RefusesEmptyIls(MemoryIls):
    """Takes an empty list of items for a wrong filter."""

    def iter_items(self, items):
        pages = list(super().iter_items(items))
        if not pages[0].rows:
            raise SnapshotRefused("ils: an empty list")
        return iter(pages)


class IlsCutRaises(MemoryIls):
    """Raises when the connection breaks in the middle of a list."""

    def _pages(self, rows):
        for page in super()._pages(rows):
            yield page
            if self.cut_after is not None:
                raise Unavailable("kit", "list", "the connection broke")


class SetsAside(MemoryIls):
    """Quarantines an item whose state it cannot translate."""

    def get(self, item):
        found = super().get(item)
        if found.state is ItemState.UNKNOWN_WORD:
            raise NotFound("kit", "get", "no usable row")
        return found

    def iter_items(self, items):
        odd = [i for i in set(items) & self._items.keys() if self._items[i].state is ItemState.UNKNOWN_WORD]
        for page in super().iter_items(set(items) - set(odd)):
            aside = tuple(Quarantined("ils", 0, "state", str(item)) for item in odd) if page.last else ()
            yield evolve(page, quarantined=aside, total=None)


class Yesterdays(ReadOnlyLoans, MemoryIls):
    """A nightly extract: it says nothing new, and that it is of last night."""

    live = False

    def prepare(self):
        self.night = self.world.clock.now()
        self.filed = 0

    def put(self, seen: Circulation, home=None):
        if self.filed < len(self.world.seed.items):
            super().put(seen, home)
        self.filed += 1

    def get(self, item):
        return evolve(super().get(item), as_of=self.night)

    def _pages(self, rows):
        return (evolve(page, as_of=self.night) for page in super()._pages(rows))

    def bench(self):
        return evolve(super().bench(), cut=None)


CARRIERS = [RefusesEmptyAccount, ForgetsTerminated, RefusesAfterClose, CutRaises]
ILSS = [RefusesEmptyIls, IlsCutRaises, SetsAside]


@pytest.mark.parametrize("kind", CARRIERS, ids=lambda kind: kind.__name__)
def test_a_carrier_may_do_otherwise(kind):
    """Nothing in the port forbids it."""
    report = grade(lines_harness(lambda world: kind(world).bench()))
    assert report.passed, report.markdown()


@pytest.mark.parametrize("kind", ILSS, ids=lambda kind: kind.__name__)
def test_an_ils_may_do_otherwise(kind):
    """Nothing in the port forbids it."""
    report = grade(loans_harness(lambda world: kind(world).bench()))
    assert report.passed, report.markdown()


def test_an_extract_may_be_of_last_night():
    """What is not live and honestly dated need not show what happened since."""
    read_only = {f"loans.{name}": Full() for name in READS}
    report = grade(evolve(loans_harness(lambda world: Yesterdays(world).bench()), capabilities=read_only))
    assert report.passed, report.markdown()
    seen = {cell.check: cell.verdict for cell in report.cells}
    assert seen["loans.sees-changes"] is Verdict.PASSED


def test_a_lever_that_finishes_at_once_shows_nothing():
    """A harness that cannot make the carrier wait leaves what is accepted unseen, and the grade says so."""

    def make(world):
        bench = MemoryLines(world).bench()
        return evolve(bench, fates={**bench.fates, Fate.ACCEPTED: lambda: None})

    report = grade(lines_harness(make))
    unseen = {cell.check for cell in report.cells if cell.verdict is Verdict.UNSEEN and cell.writes}
    assert unseen == {"lines.not-yet-done", "lines.says-it-waits", "lines.found-again"}
    assert report.grade.value == "reads"
    assert report.passed


def test_without_levers_nothing_is_claimed():
    """A harness without any lever passes what can be seen, and its writes stay unproved."""

    def make(world):
        bench = MemoryLines(world).bench()
        return evolve(bench, fates={}, effects=None, settle=None, show=None, cut=None, outage=None, texts=None)

    report = grade(lines_harness(make))
    assert report.passed
    assert report.grade.value == "reads"
