"""The requests of Connectivity Management about lines; the only other place that sends is session.py."""

from __future__ import annotations

from attrs import field, frozen

from scld_adapters._shared.faults import Call, classify_fault, undecodable
from scld_adapters._shared.http import HttpFault, Response
from scld_adapters._shared.jsonwire import WireProblem
from scld_adapters.carriers.thingspace.errors import remote_error
from scld_adapters.carriers.thingspace.session import Access
from scld_adapters.carriers.thingspace.wire import (
    Accepted,
    ActionRequest,
    DevicePage,
    ListRequest,
    RequestStatus,
    decode_accepted,
    decode_page,
    decode_status,
    encode_action,
    encode_list_request,
)
from scld_adapters.carriers.thingspace.wire_callbacks import Registration, encode_registration
from scld_core.kernel.time import Clock

__all__ = ["ThingSpaceTransport"]


@frozen
class ThingSpaceTransport:
    """The API as records; `account` is part of two paths."""

    access: Access
    account: str
    clock: Clock = field(repr=False)

    def devices(self, call: Call, request: ListRequest) -> DevicePage:
        """One page of devices, or the one device that was asked for."""
        answer = self._checked(call, "POST", "/m2m/v1/devices/actions/list", encode_list_request(request))
        try:
            return decode_page(answer.body)
        except WireProblem as problem:
            raise undecodable(call, str(problem)) from None

    def act(self, call: Call, action: str, request: ActionRequest) -> Accepted:
        """Ask for a change of one device; an answer without a request id says nothing about the effect."""
        answer = self._checked(call, "POST", f"/m2m/v1/devices/actions/{action}", encode_action(request))
        try:
            return decode_accepted(answer.body)
        except WireProblem as problem:
            raise undecodable(call, str(problem)) from None

    def status(self, call: Call, reference: str) -> RequestStatus | None:
        """Where a request of a single device stands; None when the platform does not know it."""
        answer = self._answer(call, "GET", f"/m2m/v1/accounts/{self.account}/requests/{reference}/status")
        if answer.status == 404:
            return None
        self._raise_for(call, answer)
        try:
            found = decode_status(answer.body)
        except WireProblem as problem:
            raise undecodable(call, str(problem)) from None
        if found.request_id != reference:
            raise undecodable(call, "the answer is about another request")
        return found

    def register(self, call: Call, registration: Registration) -> None:
        """Tell the platform where to post the messages of one callback service."""
        self._checked(call, "POST", f"/m2m/v1/callbacks/{self.account}", encode_registration(registration))

    def _checked(self, call: Call, method: str, path: str, body: bytes) -> Response:
        answer = self._answer(call, method, path, body)
        self._raise_for(call, answer)
        return answer

    def _answer(self, call: Call, method: str, path: str, body: bytes = b"") -> Response:
        try:
            return self.access.send(method, path, body)
        except HttpFault as fault:
            raise classify_fault(call, fault) from None

    def _raise_for(self, call: Call, answer: Response) -> None:
        error = remote_error(call, answer, now=self.clock.now())
        if error is not None:
            raise error
