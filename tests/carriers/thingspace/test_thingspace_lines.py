"""Lines over real HTTP: what is read, what is asked for, and what becomes of it."""

import pytest
from attrs import evolve

from scld_adapters.carriers.thingspace.wire import BadRow, CarrierInformation, DeviceId, DevicePage
from scld_core.errors import ConfigurationError, NotFound, ProtocolViolation, Rejected
from scld_core.hotspots.model import ServiceState
from scld_core.runs.model import AnswerKind, ReadBack

KEY = "scld-0123456789abcdef"


def _change(world, line, operation):
    return getattr(world.lines, operation)(line, key=KEY)


def test_a_line_is_shown_with_its_numbers_its_state_and_the_time(world):
    """The view names device and SIM, keeps the carrier's word, and knows no end of a suspension."""
    view = world.lines.get(world.all[0])
    assert (view.imei, view.iccid) == (world.all[0].imei, world.all[0].iccid)
    assert (view.state, view.word, view.resumes_at) == (ServiceState.ACTIVE, "active", None)
    assert view.observed_at == world.clock.now()


@pytest.mark.parametrize(
    ("operation", "before", "after", "state"),
    [
        ("suspend", "active", "suspend", ServiceState.SUSPENDED),
        ("restore", "suspend", "active", ServiceState.ACTIVE),
        ("terminate", "suspend", "deactive", ServiceState.TERMINATED),
        ("terminate", "active", "deactive", ServiceState.TERMINATED),
    ],
)
def test_a_request_is_accepted_pending_and_then_done(world, operation, before, after, state):
    """A change is accepted with a reference, is pending until the carrier gets to it, and is done once."""
    line = world.all[1]
    world.fake.lines[str(line.iccid)].state = before
    answer = _change(world, line, operation)
    assert answer.kind is AnswerKind.ACCEPTED
    assert world.lines.request_state(answer.reference) is ReadBack.PENDING
    assert world.word(line) == before
    assert world.fake.settle() == 1
    assert world.lines.request_state(answer.reference) is ReadBack.DONE
    assert world.lines.get(line).state is state
    assert world.word(line) == after
    assert _change(world, line, operation).kind is AnswerKind.DONE
    assert len(world.fake.orders) == 1


@pytest.mark.parametrize(("operation", "before"), [("suspend", "active"), ("restore", "suspend")])
def test_a_request_under_way_costs_no_second_action(world, operation, before):
    """Asking again while the carrier shows the request as pending sends nothing."""
    line = world.all[0]
    world.fake.lines[str(line.iccid)].state = before
    _change(world, line, operation)
    again = _change(world, line, operation)
    assert (again.kind, again.reference) == (AnswerKind.ACCEPTED, "")
    assert len(world.fake.orders) == 1


@pytest.mark.parametrize(
    ("first", "before", "then"),
    [("suspend", "active", "restore"), ("restore", "suspend", "suspend"), ("suspend", "active", "terminate")],
)
def test_the_opposite_of_a_request_under_way_is_refused(world, first, before, then):
    """While one change is pending, another one is refused before anything is sent."""
    line = world.all[0]
    world.fake.lines[str(line.iccid)].state = before
    _change(world, line, first)
    with pytest.raises(Rejected, match="nothing was sent"):
        _change(world, line, then)
    assert len(world.fake.orders) == 1


def test_pending_for_ever_stays_pending(world):
    """A request that the carrier never carries out is never said to be done."""
    world.fake.pending_forever = True
    answer = _change(world, world.all[0], "suspend")
    for _ in range(3):
        world.fake.settle()
        world.clock.tick(days=1)
        assert world.lines.request_state(answer.reference) is ReadBack.PENDING
    assert world.fake.effects == []


def test_a_request_that_fails_is_not_done(world):
    """When the carrier cannot carry a request out, its state says so."""
    line = world.all[0]
    answer = _change(world, line, "suspend")
    world.fake.lines[str(line.iccid)].state = "deactive"
    world.fake.settle()
    assert world.lines.request_state(answer.reference) is ReadBack.NOT_DONE


def test_a_suspension_ends_by_itself_and_can_be_asked_for_again(world):
    """After the carrier's days the line is active again, and a new suspension is a new request."""
    line = world.all[0]
    _change(world, line, "suspend")
    world.fake.settle()
    world.clock.tick(days=89)
    assert world.lines.get(line).state is ServiceState.SUSPENDED
    world.clock.tick(days=1)
    assert world.lines.get(line).state is ServiceState.ACTIVE
    assert _change(world, line, "suspend").kind is AnswerKind.ACCEPTED
    world.fake.settle()
    assert world.word(line) == "suspend"


def test_the_sixth_action_of_a_day_is_refused_and_the_next_day_is_free(world):
    """The carrier's budget of five actions a line a day is a refusal, of that line only."""
    line = world.all[0]
    for number in range(5):
        _change(world, line, ("suspend", "restore")[number % 2])
        world.fake.settle()
    with pytest.raises(Rejected, match="ProvisioningActionsExceeded"):
        _change(world, line, "restore")
    assert _change(world, world.all[1], "suspend").kind is AnswerKind.ACCEPTED
    world.clock.tick(days=1)
    assert _change(world, line, "restore").kind is AnswerKind.ACCEPTED


def test_a_refusal_because_somebody_was_faster_is_done(world):
    """When a request is refused and the line is as wished by then, the answer is DONE."""
    line = world.all[0]
    world.fake.budget = 0

    def meanwhile(page):
        world.fake.change(str(line.iccid), "suspend")
        world.fake.tamper = lambda page: page
        return page

    world.fake.tamper = meanwhile
    assert _change(world, line, "suspend").kind is AnswerKind.DONE


def test_a_refusal_stands_when_the_line_cannot_be_read_again(world):
    """A failed second look does not hide the refusal."""
    world.fake.budget = 0

    def then_gone(page):
        world.fake.tamper = lambda page: DevicePage((), more=False)
        return page

    world.fake.tamper = then_gone
    with pytest.raises(Rejected):
        _change(world, world.all[0], "suspend")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_the_whole_account_is_listed_once_in_pages(world, size):
    """Whatever the page size, each line comes once and only the last page says that it is the last."""
    pages = list(world.open(page_size=size).iter_lines())
    assert [view.iccid for page in pages for view in page.rows] == [line.iccid for line in world.all]
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert all(page.as_of == world.clock.now() for page in pages)
    assert len(pages) == -(-len(world.all) // size)


def test_an_empty_account_is_one_empty_last_page(world):
    """No lines is an answer, for others to judge."""
    world.fake.lines.clear()
    [page] = world.lines.iter_lines()
    assert (page.rows, page.last) == ((), True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda page: evolve(page, rows=page.rows * 2),
        lambda page: evolve(page, rows=page.rows[::-1]),
        lambda page: evolve(page, rows=(), more=True),
        lambda page: evolve(page, rows=tuple(evolve(row, number=None) for row in page.rows), more=True),
        lambda page: evolve(page, more=True),
    ],
    ids=["repeated", "unsorted", "empty-but-more", "no-numbers", "more-for-ever"],
)
def test_a_list_that_cannot_be_trusted_is_refused(world, spoil):
    """A list that repeats itself or cannot go on is a protocol violation, never a short list."""
    world.fake.tamper = spoil
    with pytest.raises(ProtocolViolation):
        list(world.lines.iter_lines())


def test_a_row_that_cannot_be_used_is_set_aside(world):
    """Damaged, nameless and doubled numbers are quarantined; the other rows are used."""

    def spoil(page):
        first, second, third = page.rows
        damaged = evolve(first, ids=(DeviceId("imei", "3.5573736E+14"), *first.ids[1:]))
        nameless = evolve(second, ids=(DeviceId("mdn", "5095550002"),))
        return DevicePage((damaged, nameless, BadRow(2, "spoilt"), third), page.more)

    world.fake.tamper = spoil
    [page] = world.lines.iter_lines()
    assert [view.iccid for view in page.rows] == [world.all[2].iccid]
    assert [bad.key for bad in page.quarantined] == ["device 1001", "device 1002", ""]
    assert "scientific notation" in page.quarantined[0].reason


def test_an_unknown_word_is_shown_and_never_acted_on(world):
    """A state without a translation keeps its word and refuses every request."""
    line = world.all[0]
    world.fake.lines[str(line.iccid)].state = "Pending Activation"
    view = world.lines.get(line)
    assert (view.state, view.word) == (ServiceState.UNKNOWN_WORD, "Pending Activation")
    for operation in ("suspend", "restore", "terminate"):
        with pytest.raises(Rejected, match="Pending Activation"):
            _change(world, line, operation)
    assert world.fake.orders == []


def test_a_terminated_line_is_never_brought_back(world):
    """Neither restore nor suspend is sent for a line that has ended."""
    line = world.all[0]
    world.fake.lines[str(line.iccid)].state = "deactive"
    for operation in ("suspend", "restore"):
        with pytest.raises(Rejected):
            _change(world, line, operation)
    assert world.fake.orders == []


def test_a_line_that_the_carrier_does_not_know_is_not_found(world):
    """Both forms of not knowing a device, an error and an empty list, are NotFound."""
    with pytest.raises(NotFound):
        world.lines.get(world.line(99))
    world.fake.tamper = lambda page: DevicePage((), more=False)
    with pytest.raises(NotFound):
        world.lines.get(world.all[0])


def test_an_answer_about_another_line_or_two_lines_is_refused(world):
    """A single line is exactly the one that was asked for."""
    others = [world.fake.lines[str(line.iccid)].row for line in world.all[1:]]
    for rows in (others[:1], others):
        world.fake.tamper = lambda page, rows=rows: DevicePage(tuple(rows), more=False)
        with pytest.raises(ProtocolViolation):
            world.lines.get(world.all[0])


def test_a_damaged_row_for_a_single_line_is_refused(world):
    """A line that is shown with a damaged number is not used."""
    world.fake.tamper = lambda page: evolve(page, rows=(evolve(page.rows[0], ids=(DeviceId("iccid", "8"),)),))
    with pytest.raises(ProtocolViolation):
        world.lines.get(world.all[0])


def test_a_sim_in_another_device_is_never_changed(world):
    """When the carrier shows the SIM in another device, the view says so and every request is refused."""
    line = world.all[0]
    known = world.fake.lines[str(line.iccid)]
    known.row = evolve(known.row, ids=(DeviceId("imei", str(world.line(77).imei)), *known.row.ids[1:]))
    assert world.lines.get(line).imei == world.line(77).imei
    for operation in ("suspend", "restore", "terminate"):
        with pytest.raises(Rejected, match="another number"):
            _change(world, line, operation)
    assert world.fake.orders == []


def test_two_networks_that_differ_are_an_unknown_word(world):
    """Two states of one line are never reduced to one."""
    both = (CarrierInformation("active"), CarrierInformation("suspend"))
    world.fake.tamper = lambda page: evolve(page, rows=(evolve(page.rows[0], carriers=both),))
    view = world.lines.get(world.all[0])
    assert (view.state, view.word) == (ServiceState.UNKNOWN_WORD, "active / suspend")


@pytest.mark.parametrize("reference", ["", "no-such-request", "../../secret", "x" * 65, "a/b", "ä"])
def test_a_reference_that_is_none_is_unknown(world, reference):
    """A reference that nobody gave is UNKNOWN, and one that cannot be an id is not even asked about."""
    assert world.lines.request_state(reference) is ReadBack.UNKNOWN
    assert world.sent("/requests/") == (1 if reference == "no-such-request" else 0)


@pytest.mark.parametrize("word", ["success", "FAILURE", "Pending", "Half done"])
def test_a_request_state_word_that_is_not_published_proves_nothing(world, word):
    """Published words count in any letter case; every other one is UNKNOWN."""
    answer = _change(world, world.all[0], "suspend")
    world.fake.orders[0].status = word
    known = {"success": ReadBack.DONE, "failure": ReadBack.NOT_DONE, "pending": ReadBack.PENDING}
    assert world.lines.request_state(answer.reference) is known.get(word.lower(), ReadBack.UNKNOWN)


def test_the_wrong_account_is_a_matter_of_settings(world):
    """An account that the platform does not accept is named as a configuration error, not as a lost line."""
    lines = world.open(account="0000000000-00009")
    with pytest.raises(ConfigurationError, match="AccountNotFound"):
        lines.get(world.all[0])
    with pytest.raises(ConfigurationError):
        list(lines.iter_lines())


def test_what_a_request_carries_follows_the_settings(world):
    """Billing and waiver go to the one action they belong to."""
    lines = world.open(with_billing=False, etf_waiver=True)
    lines.suspend(world.all[0], key=KEY)
    lines.terminate(world.all[1], key=KEY)
    bodies = [request.body for request in world.server.requests if "/actions/" in request.url]
    assert [b"withBilling" in body for body in bodies] == [False, True, False, False]
    assert [b'"reasonCode":"FF","etfWaiver":true' in body for body in bodies] == [False, False, False, True]


def test_the_port_says_what_kind_of_carrier_it_is(world):
    """It asks at the moment of the call, and its requests take effect later."""
    assert (world.lines.live, world.lines.asynchronous) == (True, True)


def test_a_line_that_shows_nothing_while_pending_is_asked_about_by_reference(world):
    """Where the list does not show requests under way, the reference still tells."""
    world.fake.shows_pending = False
    answer = _change(world, world.all[0], "suspend")
    assert world.lines.get(world.all[0]).state is ServiceState.ACTIVE
    assert world.lines.request_state(answer.reference) is ReadBack.PENDING
    world.fake.settle()
    assert world.lines.get(world.all[0]).state is ServiceState.SUSPENDED
