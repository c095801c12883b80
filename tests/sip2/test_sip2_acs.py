"""The library system's end as a function of bytes: what it answers anew, and what its log says of a machine."""

import logging
from datetime import timedelta
from types import SimpleNamespace

from sip2_frames import sealed
from sip2_line import CARD, CLOCK, NOW, patron

from scld_adapters.sip2.acs import Acs, AcsSettings, refusal
from scld_adapters.sip2.messages import make
from scld_adapters.sip2.wire import Codec


def _frame(message, sequence):
    return Codec().encode(message, sequence=sequence) + b"\r"


def _clock(*instants):
    told = iter(instants)
    return SimpleNamespace(now=lambda: next(told))


def test_a_99_that_is_always_numbered_alike_hears_the_clock_go_on():
    """Machines set their clocks by the 98."""
    acs = Acs({}, AcsSettings(), _clock(CLOCK.now(), CLOCK.now() + timedelta(minutes=1)))
    status = _frame(make("99", status_code="0", max_print_width="080", protocol_version="2.00"), 1)
    first, second = (acs.receive(status) for _ in range(2))
    assert (b"183809" in first, b"183909" in second) == (True, True)


def test_what_a_machine_leaves_out_is_named_in_the_log_with_the_setting_for_it(caplog):
    """Once for each rule, and again where the connection ends for it; what the machine sent is not repeated."""
    acs = Acs({}, AcsSettings(), CLOCK)
    frame = sealed(b"11NN" + NOW.encode() + b" " * 18 + b"AOMAIN|AA2999900000001|AB3999900000401|") + b"\r"
    with caplog.at_level(logging.WARNING, "scld.sip2"):
        assert acs.receive(frame * 3) == b"96AZFEF6\r" * 2
    assert [record.getMessage() for record in caplog.records] == [
        "a terminal: 11.AC: a required field is missing; if this machine never sends it, name AC in dialect.optional",
        "a terminal: connection closed: the frame is whole but not legal: 11.AC: a required field is missing",
    ]
    assert acs.closed


def test_a_machine_that_ends_its_frames_with_lf_is_told_of_in_the_log(caplog):
    """It gets no answer, since no frame has ended; an LF after a CR is as it should be."""
    acs = Acs({}, AcsSettings(), CLOCK)
    frame = _frame(make("99", status_code="0", max_print_width="080", protocol_version="2.00"), 0)
    with caplog.at_level(logging.WARNING, "scld.sip2"):
        assert acs.receive(frame + b"\n").startswith(b"98")
        assert not caplog.records
        assert acs.receive(frame.replace(b"\r", b"\n") * 2) == b""
        assert acs.receive(frame.replace(b"\r", b"\n")) == b""
    assert [record.getMessage() for record in caplog.records] == [
        "a terminal: an LF without a CR ends no frame: set the machine to end each frame with CR"
    ]


def test_a_refusal_counts_nothing():
    """A blank count is not told, and none is not none; of what was to be renewed nothing was."""
    asked = refusal(patron(), now=NOW, text="no", institution="SCLD")
    assert (asked.text("AO"), asked.text("charged_items_count")) == ("SCLD", "    ")
    renew = make("65", transaction_date=NOW, institution_id="MAIN", patron_identifier=CARD)
    assert refusal(renew, now=NOW).text("renewed_count") == "0000"
