"""An agency whose portal a person works in: nothing is sent, everything goes on the worklist."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from scld_core.agency.ports import Parcel
from scld_core.kernel.capability import Capability, Convention, Unsupported
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend
from scld_core.runs.model import Answer, AnswerKind, ReadBack

__all__ = ["AGENCY_PORTAL", "CAPABILITIES", "AgencyPortalSettings", "PortalChannel"]

CAPABILITIES: Mapping[str, Capability] = {
    "channel.deliver": Convention("worklist"),
    "channel.delivered": Unsupported("a portal shows its effect in the agency's next list"),
}


@frozen
class AgencyPortalSettings:
    """Nothing to set: a person has the login."""


class PortalChannel:
    """`AgencyChannel` by hand."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Hand the rows to a person."""
        del key  # the step keeps it
        return Answer(AnswerKind.FOR_OPERATOR, parcel.name, "to be entered in the agency's portal by a person")

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Always UNKNOWN: the agency's next list shows it."""
        del parcel
        return ReadBack.UNKNOWN


def _open(settings: AgencyPortalSettings, context: BackendContext) -> OpenBackend:
    del settings, context
    return OpenBackend(channel=PortalChannel())


AGENCY_PORTAL = BackendSpec(
    name="agency-portal",
    kind="agency",
    config=AgencyPortalSettings,
    open=_open,
    capabilities=CAPABILITIES,
    summary="An agency's portal by hand: what to enter goes on a worklist in the portal's order",
    foreign_evidence="none",
    harness="scld_adapters.agencies.portal.harness:harnesses",
)
"""The backend `agency-portal`."""
