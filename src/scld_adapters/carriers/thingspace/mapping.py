"""ThingSpace's words <-> ours; pure. A word that is not known is kept and never acted on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from scld_adapters.carriers.thingspace.wire import BadRow, DeviceId, DevicePage, DeviceRow, RequestStatus
from scld_core.errors import InvalidValue
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.devices import Iccid, Imei, Line
from scld_core.kernel.page import Page, Quarantined
from scld_core.runs.model import Answer, AnswerKind, ReadBack

__all__ = [
    "RESTORE",
    "SUSPEND",
    "TERMINATE",
    "Change",
    "Refusal",
    "address",
    "answer_before",
    "outcome",
    "state_of",
    "to_page",
    "to_view",
]

_STATES: Mapping[str, ServiceState] = {
    "active": ServiceState.ACTIVE,
    "suspend": ServiceState.SUSPENDED,
    "suspended": ServiceState.SUSPENDED,
    "deactive": ServiceState.TERMINATED,
    # Not in the published table of states; public clients meet "pending activation" and "pending deactivation",
    # which are neither on the way to suspension nor to service as we mean it and stay unknown words.
    "pending suspend": ServiceState.PENDING_SUSPEND,
    "pending suspension": ServiceState.PENDING_SUSPEND,
    "pending resume": ServiceState.PENDING_RESTORE,
    "pending restore": ServiceState.PENDING_RESTORE,
}

_OUTCOMES = {"success": ReadBack.DONE, "failure": ReadBack.NOT_DONE, "pending": ReadBack.PENDING}


@frozen
class Change:
    """One of the three changes: the port's operation, the platform's action, what it leaves and what leads there."""

    operation: str
    action: str
    wish: ServiceState
    on_the_way: ServiceState | None = None


SUSPEND = Change("suspend", "suspend", ServiceState.SUSPENDED, ServiceState.PENDING_SUSPEND)
RESTORE = Change("restore", "restore", ServiceState.ACTIVE, ServiceState.PENDING_RESTORE)
TERMINATE = Change("terminate", "deactivate", ServiceState.TERMINATED)


@frozen
class Refusal:
    """Why nothing may be sent, in words for people."""

    reason: str


def address(line: Line) -> DeviceId:
    """How a line is named in every request: by its SIM, which is what carries the service."""
    return DeviceId("iccid", str(line.iccid))


def state_of(row: DeviceRow) -> tuple[ServiceState, str]:
    """The line's service and the vendor's own word; several words that differ are one unknown word."""
    word = " / ".join(dict.fromkeys(c.state for c in row.carriers))
    plain = " ".join(word.replace("_", " ").replace("-", " ").casefold().split())
    return _STATES.get(plain, ServiceState.UNKNOWN_WORD), word


def to_view(row: DeviceRow | BadRow, *, at: datetime, source: str) -> LineView | Quarantined:
    """The line as we see it, or why the row cannot be used.

    `resumes_at` stays None: the list does not say when a suspension ends by itself.
    """
    if isinstance(row, BadRow):
        return Quarantined(source, 0, f"device {row.place + 1} of a page: {row.problem}")
    key = "" if row.number is None else f"device {row.number}"
    try:
        imei, iccid = _only(row, "imei"), _only(row, "iccid")
        if imei is None and iccid is None:
            return Quarantined(source, 0, "has neither an IMEI nor an ICCID", key)
        state, word = state_of(row)
        return LineView(Imei.parse(imei) if imei else None, Iccid.parse(iccid) if iccid else None, state, at, word)
    except InvalidValue as problem:
        return Quarantined(source, 0, str(problem), key)


def _only(row: DeviceRow, kind: str) -> str | None:
    found = dict.fromkeys(i.id for i in row.ids if i.kind.casefold() == kind)
    if len(found) > 1:
        raise InvalidValue("DeviceRow", kind, f"has {len(found)} different values")
    return next(iter(found), None)


def to_page(page: DevicePage, *, at: datetime, source: str) -> Page[LineView]:
    """A page of lines as they were at `at`, with the rows that cannot be used beside them."""
    seen = [to_view(row, at=at, source=source) for row in page.rows]
    return Page(
        tuple(view for view in seen if isinstance(view, LineView)),
        at,
        last=not page.more,
        quarantined=tuple(bad for bad in seen if isinstance(bad, Quarantined)),
    )


def outcome(status: RequestStatus) -> ReadBack:
    """What a request's status proves; a word that is not published proves nothing."""
    return _OUTCOMES.get(status.status.casefold(), ReadBack.UNKNOWN)


def answer_before(change: Change, view: LineView, line: Line) -> Answer | Refusal | None:
    """What is known before anything is sent: an answer, a refusal, or None when the request makes sense.

    A request costs one of the few actions that a line has in a day, so none is sent in vain.
    """
    if view.iccid not in (None, line.iccid) or view.imei not in (None, line.imei):
        return Refusal(f"ThingSpace shows {line} with another number; nothing was sent")
    if view.state is change.wish:
        return Answer(AnswerKind.DONE, detail="was so already")
    if change.on_the_way is not None and view.state is change.on_the_way:
        return Answer(AnswerKind.ACCEPTED, detail="was under way already")
    if view.state not in (ServiceState.ACTIVE, ServiceState.SUSPENDED):
        return Refusal(f"the line's state is {view.word!r}, on which nothing is done; nothing was sent")
    return None
