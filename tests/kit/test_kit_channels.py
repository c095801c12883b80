"""The ways to the agency, graded by the suite as a third party's would be: real folder, server and relay."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from kit_channels import mail, sftp

from scld_adapters.agencies.drop.harness import drop_harness
from scld_adapters.agencies.drop.harness import harnesses as drop_harnesses
from scld_adapters.agencies.drop.settings import AgencyDropSettings
from scld_adapters.agencies.portal.harness import harnesses as portal_harnesses
from scld_core.errors import BackendError, BadInput, ConfigurationError, OutcomeUnknown, Rejected, Unavailable
from scld_core.memory.channel import MemoryChannel
from scld_core.runs.model import AnswerKind, ReadBack
from scld_core.testing.case import Case
from scld_core.testing.channel_tools import by_operation
from scld_core.testing.checks import checks_of
from scld_core.testing.clock import TickingClock
from scld_core.testing.faults import Fault, Faults, faulty
from scld_core.testing.grading import grade
from scld_core.testing.planted.channel_base import Spoilt
from scld_core.testing.references_agency import MEMORY_CHANNEL, channel_harness
from scld_core.testing.report import Grade, Verdict
from scld_core.testing.suite import ChannelSuite
from scld_core.testing.synthetic import NOW
from scld_core.testing.synthetic_agency import parcel
from support.sftp_server import sftp_server
from support.smtp_server import smtp_relay


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One SFTP server for all checks."""
    with sftp_server(tmp_path_factory.mktemp("sftp")) as running:
        yield running


@pytest.fixture(scope="module")
def relay(tmp_path_factory):
    """One mail relay for all checks."""
    with smtp_relay(tmp_path_factory.mktemp("mail")) as running:
        yield running


(PORTAL,) = portal_harnesses()


class TestMemoryChannel(ChannelSuite):
    """The reference way."""

    @pytest.fixture
    def backend(self):
        return MEMORY_CHANNEL


class TestDrop(ChannelSuite):
    """A folder whose files stay."""

    examples = 5

    @pytest.fixture
    def backend(self):
        return drop_harness(taken_away=False)


class TestCollectedDrop(ChannelSuite):
    """A folder from which the agency takes its files."""

    examples = 2

    @pytest.fixture
    def backend(self):
        return drop_harness(taken_away=True)


class TestSftp(ChannelSuite):
    """A real SFTP server."""

    examples = 1

    @pytest.fixture
    def backend(self, server):
        return sftp(server, taken_away=False)


class TestMail(ChannelSuite):
    """A real mail relay with TLS."""

    examples = 1

    @pytest.fixture
    def backend(self, relay):
        return mail(relay)


class TestPortal(ChannelSuite):
    """A portal that a person works in."""

    examples = 2

    @pytest.fixture
    def backend(self):
        return PORTAL


def findings(report):
    """What failed, in words."""
    return [(cell.check, cell.operation, cell.detail) for cell in report.failures]


def unseen(report):
    """The checks that nobody could see."""
    return {cell.check for cell in report.cells if cell.verdict is Verdict.UNSEEN}


BY_HAND = {f"channel.{name}" for name in ("unreachable", "named-when-whole", "broken-off", "lost-answer")}
"""What a portal has no way for: nothing is sent that could break."""

EXPECTED = [
    (MEMORY_CHANNEL, Grade.WRITES, {"channel.sound-spec", "channel.unknown-setting"}),
    (drop_harness(taken_away=False), Grade.WRITES, {"channel.taken-away"}),
    (drop_harness(taken_away=True), Grade.WRITES, set()),
    (PORTAL, Grade.READS, BY_HAND),
]


@pytest.mark.parametrize(("harness", "expected", "hidden"), EXPECTED, ids=["memory", "drop", "collected", "portal"])
def test_the_good_raise_no_alarm(harness, expected, hidden):
    """From plain Python: no check fails, the grade is what can be seen, and little is left unseen."""
    report = grade(harness)
    assert findings(report) == []
    assert report.grade is expected
    assert unseen(report) == hidden


def test_a_way_that_cannot_look_is_graded_by_what_it_brings(relay):
    """Of a mailbox nobody can ask what lies there: those checks are excused, all others are proved."""
    report = grade(mail(relay), checks=[one for one in checks_of("channel") if "reference" not in one.id])
    assert findings(report) == []
    assert report.grade is Grade.WRITES
    assert unseen(report) == set()
    excused = {cell.check for cell in report.cells if cell.verdict is Verdict.EXCUSED}
    assert {"channel.is-there", "channel.not-another", "channel.somebody-elses"} <= excused


def test_a_server_from_which_files_are_taken(server):
    """What the agency took is never told as not delivered, over SFTP as well."""
    (taken,) = (one for one in checks_of("channel") if one.id == "channel.taken-away")
    report = grade(sftp(server, taken_away=True), checks=[taken])
    assert [cell.verdict for cell in report.cells] == [Verdict.PASSED]


def test_a_directory_that_is_gone_tells_nothing(server):
    """Where no directory is, a file is not told as absent: that is a matter of configuration."""
    with Case(sftp(server, taken_away=False), "delivered") as case:
        bench = case.open()
        before = {path.name for path in server.folder.iterdir()}
        max((path for path in server.folder.iterdir()), key=lambda path: int(path.name)).rmdir()
        assert len(before) - 1 == len(list(server.folder.iterdir()))
        for operation, call in by_operation(case, bench, parcel(1)).items():
            with pytest.raises(ConfigurationError, match=f"{operation}: the directory"):
                call()


# what the port leaves open


class NumbersItsReceipts(Spoilt):
    """Refuses a second key for a file, by its name."""

    def deliver(self, one, *, key):
        if key not in self._receipts and self.content(one.name) is not None:
            raise Rejected("kit", "deliver", f"{one.name} was delivered before")
        return super().deliver(one, key=key)


class TellsWhatIsUnsure(Spoilt):
    """Says of nothing that it is not there."""

    def delivered(self, one):
        seen = super().delivered(one)
        return ReadBack.UNKNOWN if seen is ReadBack.NOT_DONE else seen


class LooksAfterATrouble(Spoilt):
    """Tells every trouble on the way as an unknown outcome."""

    def deliver(self, one, *, key):
        try:
            return super().deliver(one, key=key)
        except Unavailable as fault:
            raise OutcomeUnknown(fault.backend, fault.operation, fault.problem, key) from None


@pytest.mark.parametrize("kind", [NumbersItsReceipts, TellsWhatIsUnsure, LooksAfterATrouble], ids=lambda k: k.__name__)
def test_a_way_may_do_otherwise(kind):
    """Nothing in the port forbids it."""
    checks = [one for one in checks_of("channel") if "reference" not in one.id or kind is not NumbersItsReceipts]
    report = grade(channel_harness(lambda world: kind(world).bench()), checks=checks)
    assert findings(report) == []


def test_a_lost_receipt_that_is_looked_up_is_no_fault():
    """A way that finds out by itself that the file arrived may answer so."""

    def make(world):
        spoilt = Spoilt(world)
        bench = spoilt.bench()

        class Careful:
            def __getattr__(self, name):
                return getattr(bench.channel, name)

            def deliver(self, one, *, key):
                try:
                    return bench.channel.deliver(one, key=key)
                except OutcomeUnknown:
                    return bench.channel.deliver(one, key=key)

        return evolve(bench, channel=Careful())

    assert findings(grade(channel_harness(make))) == []


def test_without_levers_nothing_is_claimed():
    """A harness that shows nothing of the agency's side leaves deliveries unproved."""

    def make(world):
        bare = dict.fromkeys(("files", "put", "collect", "watch", "cut", "lose", "outage"))
        return evolve(Spoilt(world).bench(), **bare)

    report = grade(evolve(channel_harness(make), remembers_keys=False))
    assert findings(report) == []
    assert report.grade is Grade.READS
    assert "channel.to-the-byte" in unseen(report)


def test_a_harness_that_lets_nobody_look_shows_no_half_file():
    """A lever that is never used proves nothing."""

    def make(world):
        return evolve(Spoilt(world).bench(), watch=lambda look: None)

    assert unseen(grade(channel_harness(make))) >= {"channel.named-when-whole"}


@given(st.integers(), st.lists(st.sampled_from(Fault), max_size=8))
def test_repeating_the_key_until_it_is_answered_brings_one_file(seed, script):
    """Whatever happens on the way: with one key the file comes whole and once, and is answered in the end."""
    inner = MemoryChannel(TickingClock(NOW), backend="kit")
    faults = Faults(script, only=("deliver",))
    port = faulty(inner, "channel", faults)
    for _ in range(len(script) + 1):
        try:
            if port.deliver(parcel(1), key="k").kind is AnswerKind.DONE:
                break
        except BackendError:
            continue
    faults.release()
    assert inner.files == ((parcel(1).name, parcel(1).content),)
    assert [receipt.key for receipt in inner.receipts] == ["k"]
    assert port.delivered(parcel(1)) is ReadBack.DONE


def test_a_folder_is_graded_as_its_settings_say():
    """Over a folder of the kit's own, whatever else they name."""
    assert drop_harnesses()[0].port == drop_harnesses(AgencyDropSettings("outgoing", taken_away=False))[0].port
    with pytest.raises(BadInput, match="a folder of the kit's own"):
        drop_harnesses(AgencyDropSettings("elsewhere"))
