"""The carrier's port over real HTTP against a Kajeet that holds state and fails in every way on the list."""

from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scld_adapters._shared.fakehttp import Fault
from scld_adapters.carriers.kajeet.mapping import state_of
from scld_adapters.carriers.kajeet.plugin import KAJEET
from scld_adapters.carriers.kajeet.wire import BadRow, DevicePage, WireDevice
from scld_core.errors import (
    BackendError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    ProtocolViolation,
    RateLimited,
    Rejected,
    Retry,
    ServiceAuthError,
    Unavailable,
    UnsupportedOperation,
)
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.devices import Iccid
from scld_core.plugins import open_backend
from scld_core.plugins.spec import SecretRef
from scld_core.runs.guards import take_snapshot
from scld_core.runs.model import AnswerKind

NOW = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)
KEY = "scld-0123456789abcdef"
DONE, ACCEPTED = AnswerKind.DONE, AnswerKind.ACCEPTED
ACTIVE, SUSPENDED, UNKNOWN = ServiceState.ACTIVE, ServiceState.SUSPENDED, ServiceState.UNKNOWN_WORD


def only_writes(request):
    return request.method != "GET"


# Reading --------------------------------------------------------------------------------------------


def test_a_line_is_shown_with_its_word_and_the_instant(account):
    """Both numbers, the state, Kajeet's word and the instant of the reading."""
    line = account.add(1, "Suspended")
    view = account.lines.get(line)
    assert (view.imei, view.iccid, view.state, view.word) == (line.imei, line.iccid, SUSPENDED, "Suspended")
    assert view.observed_at == NOW
    assert account.lines.live
    assert account.lines.asynchronous


@pytest.mark.parametrize("word", ["deactivated", "summer suspension", "pending", "???"])
def test_an_unknown_word_is_kept_and_never_acted_on(account, word):
    """The view shows the word, and neither change sends anything."""
    line = account.add(1, word)
    assert (account.lines.get(line).state, account.lines.get(line).word) == (UNKNOWN, word)
    for change in (account.lines.suspend, account.lines.restore):
        with pytest.raises(Rejected, match="nothing is done"):
            change(line, key=KEY)
    assert account.writes == []


def test_a_library_can_teach_a_word(account):
    """A word of this account's own is translated in settings, in any letter case and spelling."""
    settings_ = account.settings(words={"Pending Suspend": ServiceState.PENDING_SUSPEND})
    lines = account.open(settings_)
    line = account.add(1, "PENDING_SUSPEND")
    assert lines.get(line).state is ServiceState.PENDING_SUSPEND
    assert lines.suspend(line, key=KEY).kind is ACCEPTED
    with pytest.raises(Rejected):
        lines.restore(line, key=KEY)
    assert account.writes == []


def test_a_line_is_found_by_either_number(account):
    """A row that shows only the IMEI or only the ICCID is enough; a third line is none."""
    by_imei, by_iccid = account.add(1, iccid=None), account.add(2, imei=None)
    assert account.lines.get(by_imei).iccid is None
    assert account.lines.get(by_iccid).imei is None
    with pytest.raises(NotFound, match="SYNTHETIC-LIB"):
        account.lines.get(account.line(3))


def test_a_sim_in_another_device_is_shown_and_not_switched(account):
    """The contradiction is a finding for people: reading shows it, writing refuses."""
    line = account.add(1, iccid="8901260999999999999")
    assert account.lines.get(line).iccid == Iccid("8901260999999999999")
    with pytest.raises(Rejected, match="another number"):
        account.lines.suspend(line, key=KEY)
    assert account.writes == []


def test_a_line_listed_twice_is_not_switched(account):
    """With two rows of one device nobody can say which one to switch."""
    line = account.add(1)
    account.fake.devices.append(evolve(account.fake.devices[0], mdn="521-267-9999"))
    with pytest.raises(Rejected, match="2 times"):
        account.lines.suspend(line, key=KEY)
    assert account.writes == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 25), st.integers(1, 9))
def test_the_account_is_listed_whole(account, count, size):
    """Every line comes once, in the pages of the setting, and the snapshot guard takes it."""
    account.fake.devices.clear()
    for number in range(count):
        account.add(number)
    lines = account.open(account.settings(page_size=size))
    found = take_snapshot("kajeet", lines.iter_lines(), lambda row: (row.imei, row.iccid), live=True)
    assert [row.imei for row in found.rows] == [account.line(number).imei for number in range(count)]
    assert found.as_of == NOW


def test_unusable_rows_are_quarantined_and_counted(account):
    """A damaged number, a missing status and a row without numbers are named; the rest is used."""
    good = account.add(1)
    account.add(2, imei="3.55737E+14")
    account.add(3, imei=None, iccid=None)
    account.fake.devices.append(BadRow(3, "status is missing", "521-267-0004"))
    (page,) = account.lines.iter_lines()
    assert [view.imei for view in page.rows] == [good.imei]
    assert (page.total, page.last) == (4, True)
    assert [(bad.key, bad.source) for bad in page.quarantined] == [(f"521-267-000{n}", "kajeet") for n in (2, 3, 4)]
    assert "scientific" in page.quarantined[0].reason
    assert "3.55737E+14" not in str(page.quarantined)


def _repeat_first(account):
    first = tuple(account.fake.devices[:2])
    return lambda page: DevicePage(page.total, first)


TAMPER = {
    "same-page": (_repeat_first, "repeats"),
    "moving-total": (
        lambda account: lambda page: DevicePage(page.total + len(account.server.requests), page.rows),
        "changed",
    ),
    "too-many": (lambda account: lambda page: DevicePage(1, page.rows), "more rows"),
    "no-limit": (lambda account: lambda page: DevicePage(5, tuple(account.fake.devices)), "at most 2"),
}


@pytest.mark.parametrize("kind", TAMPER)
def test_a_list_with_invisible_gaps_is_refused(account, kind):
    """Paging that slips is an error with words, never a shorter list."""
    for number in range(5):
        account.add(number)
    lines = account.open(account.settings(page_size=2))
    make, words = TAMPER[kind]
    account.fake.tamper = make(account)
    with pytest.raises(ProtocolViolation, match=words):
        list(lines.iter_lines())


def test_a_list_that_stops_early_is_partial(account):
    """An empty page before the announced total leaves the list without its end."""
    for number in range(5):
        account.add(number)
    lines = account.open(account.settings(page_size=2))
    account.fake.tamper = lambda page: page if len(account.server.requests) < 2 else DevicePage(page.total, ())
    pages = list(lines.iter_lines())
    assert sum(len(page.rows) for page in pages) == 2
    assert not pages[-1].last


# Changing -------------------------------------------------------------------------------------------


def test_suspend_and_restore_change_the_status(account):
    """Each change is one request with the telephone number as printed, the word and a plain reason."""
    line, other = account.add(1), account.add(2)
    assert account.lines.suspend(line, key=KEY).kind is DONE
    assert account.statuses() == {"521-267-0001": "suspended", "521-267-0002": "active"}
    assert account.lines.restore(line, key=KEY).kind is DONE
    assert account.statuses() == {"521-267-0001": "active", "521-267-0002": "active"}
    assert account.lines.get(other).state is ACTIVE
    assert [request.body for request in account.writes] == [
        b'{"mdns":["521-267-0001"],"status":"SUSPENDED","reason":"service stopped by the library"}',
        b'{"mdns":["521-267-0001"],"status":"ACTIVE","reason":"service restored by the library"}',
    ]


def test_what_is_so_already_is_done_without_a_request(account):
    """A line in the wished state answers DONE, and nothing is sent."""
    active, suspended = account.add(1), account.add(2, "suspended")
    assert account.lines.restore(active, key=KEY).kind is DONE
    assert account.lines.suspend(suspended, key=KEY).kind is DONE
    assert account.writes == []


def test_a_change_that_shows_later_is_accepted(account):
    """While the line still shows the old state the answer is ACCEPTED, for ever if need be."""
    line = account.add(1)
    account.fake.instant = False
    answer = account.lines.suspend(line, key=KEY)
    assert (answer.kind, account.lines.get(line).state) == (ACCEPTED, ACTIVE)
    assert "'active'" in answer.detail
    assert (account.fake.settle(), account.lines.get(line).state) == (1, SUSPENDED)


def test_an_automatic_resume_is_seen(account):
    """A line that the carrier gave its service back shows it, and can be suspended again."""
    line = account.add(1)
    account.lines.suspend(line, key=KEY)
    account.fake.resume(account.mdn(1))
    assert account.lines.get(line).state is ACTIVE
    assert account.lines.suspend(line, key=KEY).kind is DONE
    assert len(account.fake.effects) == 3


def test_a_role_that_may_not_change_is_named(account):
    """403 is our account's permission, with Kajeet's words."""
    line = account.add(1)
    account.fake.may_change = False
    with pytest.raises(PermissionDenied, match="another role"):
        account.lines.suspend(line, key=KEY)


@pytest.mark.parametrize("call", ["terminate", "request_state"])
def test_what_kajeet_cannot_do_says_so(account, call):
    """Termination and request numbers are declared unsupported and raise that."""
    port = account.lines
    with pytest.raises(UnsupportedOperation):
        port.terminate(account.line(1), key=KEY) if call == "terminate" else port.request_state("7")
    assert account.server.requests == []


# The Media Center -----------------------------------------------------------------------------------


def test_mode_media_checks_in_and_out_without_a_borrower(account):
    """A check-in stops the service and a check-out restores it; the body names the device and nobody."""
    line = account.add(1)
    lines = account.open(account.media_settings())
    assert lines.get(line).state is ACTIVE
    assert lines.suspend(line, key=KEY).kind is DONE
    assert (lines.get(line).state, account.fake.device(account.mdn(1)).status) == (SUSPENDED, "active")
    assert lines.restore(line, key=KEY).kind is DONE
    assert [request.body for request in account.writes] == [
        b'{"actionType":"checkin","imei":"%s"}' % str(line.imei).encode(),
        b'{"actionType":"checkout","imei":"%s"}' % str(line.imei).encode(),
    ]
    assert all(request.header("x-api-key") == "media-key-1" for request in account.writes)
    assert all(request.header("authorization") is None for request in account.writes)


@pytest.mark.parametrize(
    ("status", "media", "state", "word"),
    [
        ("active", "CHECKED-OUT", ACTIVE, "active, Media Center: CHECKED-OUT"),
        ("active", "checked in", SUSPENDED, "active, Media Center: checked in"),
        ("active", "lost", UNKNOWN, "active, Media Center: lost"),
        ("active", None, UNKNOWN, "active, Media Center: no word"),
        ("suspended", "checked out", SUSPENDED, "suspended"),
        ("gone", "checked out", UNKNOWN, "gone"),
    ],
)
def test_the_state_in_mode_media(account, status, media, state, word):
    """The Media Center's word counts for a line that is active; what is not translated stays unknown."""
    device = WireDevice("521-267-0001", status, media_status=media)
    assert state_of(device, account.media_settings()) == (state, word)


def test_a_refused_media_key_is_the_service_accounts_login(account):
    """A wrong key is an error of our login, and the key is not in its text."""
    line = account.add(1)
    lines = account.open(account.media_settings(media_key=SecretRef("env:TOKEN")))
    with pytest.raises(ServiceAuthError) as caught:
        lines.suspend(line, key=KEY)
    assert "token-1" not in str(caught.value)


# Faults ---------------------------------------------------------------------------------------------

WRITE_FAULTS = {
    Fault.DROP: (OutcomeUnknown, 0),
    Fault.DROP_AFTER: (OutcomeUnknown, 1),
    Fault.DELAY: (OutcomeUnknown, 0),
    Fault.REORDER: (OutcomeUnknown, 0),
    Fault.TRUNCATE: (OutcomeUnknown, 1),
    Fault.BUSY: (OutcomeUnknown, 0),
    Fault.BUSY_WAIT: (OutcomeUnknown, 0),
    Fault.FAIL_AFTER: (OutcomeUnknown, 1),
    Fault.TOO_MANY: (RateLimited, 0),
    Fault.TOO_MANY_WAIT: (RateLimited, 0),
    Fault.DUPLICATE: (None, 1),
    Fault.GARBLE: (None, 1),
    Fault.EXPIRE: (None, 1),
    Fault.NONE: (None, 1),
}


@pytest.mark.parametrize("mode", ["status", "media"])
@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_every_fault_of_a_write(account, fault, mode):
    """Each fault gives its error and its number of effects; an unknown one carries the key."""
    line = account.add(1)
    lines = account.open(account.media_settings() if mode == "media" else account.settings())
    account.server.script(fault, only=only_writes)
    error, effects = WRITE_FAULTS[fault]
    if error is None:
        assert lines.suspend(line, key=KEY).kind is DONE
    else:
        with pytest.raises(error) as caught:
            lines.suspend(line, key=KEY)
        assert getattr(caught.value, "key", KEY) == KEY
        assert (caught.value.backend, caught.value.operation) == ("kajeet", "suspend")
    assert len(account.fake.effects) == effects


def test_asked_to_wait_the_seconds_are_kept(account):
    """Retry-After of a 429 is in the error; nothing was done."""
    line = account.add(1)
    account.server.script(Fault.TOO_MANY_WAIT, only=only_writes)
    with pytest.raises(RateLimited) as caught:
        account.lines.suspend(line, key=KEY)
    assert caught.value.retry_after == 2


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_every_fault_of_the_read_before_a_write_sends_nothing(account, fault):
    """When the line cannot be read first, nothing is sent and the error may be repeated or is a violation."""
    line = account.add(1)
    account.server.script(fault)
    if fault in (Fault.NONE, Fault.DUPLICATE, Fault.EXPIRE):
        assert account.lines.suspend(line, key=KEY).kind is DONE
        return
    with pytest.raises(BackendError) as caught:
        account.lines.suspend(line, key=KEY)
    assert type(caught.value) in (Unavailable, RateLimited, ProtocolViolation)
    assert account.writes == []
    assert account.fake.effects == []


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.BUSY, Fault.GARBLE, Fault.TOO_MANY], ids=lambda f: f.value)
def test_a_failed_read_after_a_write_is_not_a_failed_write(account, fault):
    """Kajeet took the change; that it could not be read again is said, and nothing may repeat it."""
    line = account.add(1)
    account.server.script(Fault.NONE, Fault.NONE, fault)
    answer = account.lines.suspend(line, key=KEY)
    assert answer.kind is ACCEPTED
    assert "could not be read again" in answer.detail
    assert len(account.fake.effects) == 1


def test_a_token_that_ends_in_mid_batch_is_renewed(account):
    """The secret is read again after a 401, and no step of the batch notices."""
    lines = [account.add(number) for number in range(4)]
    account.server.script(*[Fault.NONE] * 4, Fault.EXPIRE, *[Fault.NONE] * 3, Fault.EXPIRE)
    assert {account.lines.suspend(line, key=KEY).kind for line in lines} == {DONE}
    assert len(account.fake.effects) == 4
    assert account.fake.token == "token-3"


def test_a_token_that_is_not_renewed_is_an_error_of_the_login(account):
    """When the secret is still the old one, the request is not repeated, and the token is not shown."""
    line = account.add(1)
    opened = open_backend_with(account, secret=lambda ref: "token-of-yesterday")
    with pytest.raises(ServiceAuthError, match="token expired") as caught:
        opened.lines.get(line)
    assert "yesterday" not in str(caught.value)
    assert len(account.server.requests) == 1


def open_backend_with(account, **changes):
    """The guarded backend."""
    return open_backend(KAJEET, account.settings(), account.context(**changes))


def test_through_the_guard_reads_are_repeated_and_writes_are_not(account):
    """A busy list is read again after the wait that Kajeet asks for; a lost write is raised at once."""
    line = account.add(1)
    waits = []
    lines = open_backend_with(account, sleep=waits.append).lines
    account.server.script(Fault.BUSY_WAIT, Fault.TOO_MANY_WAIT)
    assert lines.get(line).state is ACTIVE
    assert waits == [2, 2]
    account.server.script(Fault.DROP, only=only_writes)
    with pytest.raises(OutcomeUnknown) as caught:
        lines.suspend(line, key=KEY)
    assert caught.value.retry is Retry.SAME_KEY
    assert len(account.writes) == 1
    assert [page.last for page in lines.iter_lines()] == [True]


# Convergence ----------------------------------------------------------------------------------------


class Worker:
    """Does what a run does: sends, reads back what is unknown, and never repeats a step that is done."""

    def __init__(self, account, wishes):
        self.account = account
        self.wishes = wishes
        self.done = set()

    def round(self):
        """Try every open step once."""
        port = self.account.lines
        for number, wish in self.wishes.items():
            if number in self.done:
                continue
            line = self.account.line(number)
            change = port.suspend if wish is SUSPENDED else port.restore
            try:
                if change(line, key=f"scld-{number}").kind is DONE:
                    self.done.add(number)
            except OutcomeUnknown:
                self.read_back(number, line, wish)
            except BackendError:
                continue

    def read_back(self, number, line, wish):
        """What the line shows after an unknown outcome."""
        try:
            if self.account.lines.get(line).state is wish:
                self.done.add(number)
        except BackendError:
            return


STEPS = st.dictionaries(st.integers(0, 5), st.sampled_from([ACTIVE, SUSPENDED]), min_size=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wishes=STEPS,
    begin=st.lists(st.sampled_from(["active", "suspended"]), min_size=6, max_size=6),
    script=st.lists(st.sampled_from(Fault), max_size=25),
    instant=st.booleans(),
)
def test_any_faults_then_retries_give_the_wished_states_and_no_second_effect(account, wishes, begin, script, instant):
    """Whatever goes wrong, the lines end as wished, each changed at most once, others never."""
    account.fake.devices.clear()
    account.fake.effects.clear()
    account.server.held.clear()
    account.fake.instant = instant
    for number, status in enumerate(begin):
        account.add(number, status)
    before = account.statuses()
    worker = Worker(account, wishes)
    account.server.script(*script)
    for _ in range(len(script) + 2):
        worker.round()
        account.server.release()
        account.fake.settle()
    assert worker.done == set(wishes)
    wished = {account.mdn(number): wish.value for number, wish in wishes.items()}
    assert account.statuses() == {**before, **wished}
    changed = [effect.mdn for effect in account.fake.effects]
    assert sorted(changed) == sorted(mdn for mdn, state in wished.items() if before[mdn] != state)
    sent = len(account.writes)
    worker.round()
    assert len(account.writes) == sent


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(st.sampled_from(Fault), max_size=20), numbers=st.sets(st.integers(0, 3), min_size=1))
def test_late_requests_of_yesterday_are_drift_that_heals(account, script, numbers):
    """Delayed suspensions that arrive after the restoring are seen, and one more round mends them."""
    account.fake.devices.clear()
    account.server.held.clear()
    for number in range(4):
        account.add(number)
    account.server.script(*script)
    for wish in (SUSPENDED, ACTIVE):
        worker = Worker(account, dict.fromkeys(numbers, wish))
        for _ in range(len(script) + 2):
            worker.round()
    account.server.script()
    account.server.release()
    Worker(account, dict.fromkeys(numbers, ACTIVE)).round()
    assert set(account.statuses().values()) == {"active"}
