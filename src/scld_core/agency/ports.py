"""What the agency area needs of a way to the agency."""

from __future__ import annotations

import hashlib
from typing import Protocol

from attrs import field, frozen

from scld_core.kernel.capability import reads, writes
from scld_core.kernel.validate import instance, matching
from scld_core.runs.model import Answer, ReadBack

__all__ = ["AgencyChannel", "Parcel"]


def _is_file_name(text: object) -> bool:
    if not isinstance(text, str) or not text or not text.isascii() or not text.isprintable():
        return False
    return not set(text) & set('/\\:*?"<>|') and text[0] not in ". -" and text[-1] not in ". "


@frozen
class Parcel:
    """One file for the agency: its name, its bytes, and what a cover note may say of it.

    The bytes are stored before they are sent and never made again: every attempt delivers the same
    ones. `note` is for the reader of a cover note and names no person.
    """

    name: str = field(validator=matching(_is_file_name, "must be a plain ASCII file name"))
    content: bytes = field(repr=False, validator=instance(bytes))
    note: str = ""

    @property
    def sha256(self) -> str:
        """The fingerprint of the bytes."""
        return hashlib.sha256(self.content).hexdigest()


class AgencyChannel(Protocol):
    """A way by which files reach the agency.

    `deliver` answers DONE when the file lies where the agency takes it from, with all its bytes and
    under its final name, or FOR_OPERATOR when a person has to carry it. Nothing is ever overwritten:
    a way that can see what lies there, which is one that declares `delivered`, raises Rejected for a
    file of that name with other bytes. A way that cannot see it, such as mail or a portal, adds
    another file beside the first, and the agency tells them apart by the number in the note. Faults
    before any effect raise Unavailable, and a lost answer raises OutcomeUnknown.
    """

    @writes()
    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Bring the parcel to the agency; the same parcel under the same key a second time adds nothing."""
        ...

    @reads()
    def delivered(self, parcel: Parcel) -> ReadBack:
        """Whether the parcel is there, whole; UNKNOWN where the way cannot tell."""
        ...
