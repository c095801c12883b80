"""The life of a line's service."""

import pytest

from scld_core.errors import InvalidValue, Rejected
from scld_core.hotspots.model import ServiceState
from scld_core.hotspots.states import ServiceEvent, service_states
from support.hotspots import line
from support.world import World


def test_an_ended_line_stays_ended():
    """TERMINATED is the only state that nothing leaves."""
    assert service_states.final() == {ServiceState.TERMINATED}


def test_the_reference_carrier_agrees_with_the_table():
    """What the carrier does to an active and to a suspended line is what the table says."""
    for start in (ServiceState.ACTIVE, ServiceState.SUSPENDED):
        for verb, event in (
            ("suspend", ServiceEvent.SUSPENDED),
            ("restore", ServiceEvent.RESTORED),
            ("terminate", ServiceEvent.TERMINATED),
        ):
            world = World(1)
            if start is ServiceState.SUSPENDED:
                world.carrier.suspend(line(0), key="before")
            getattr(world.carrier, verb)(line(0), key="now")
            expected = service_states.after(start, event) if service_states.permits(start, event) else start
            assert world.state(0) is expected
    world.carrier.terminate(line(0), key="end")
    with pytest.raises(Rejected):
        world.carrier.restore(line(0), key="back")
    with pytest.raises(InvalidValue, match="not possible here"):
        service_states.after(ServiceState.TERMINATED, ServiceEvent.RESTORED)


def test_the_diagram_has_every_row():
    """The pages draw it from the table."""
    assert service_states.mermaid().count("-->") == len(service_states.transitions)
