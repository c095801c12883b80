"""The SFTP server as a channel."""

from __future__ import annotations

from scld_adapters.agencies.sftp._asyncssh import Sftp
from scld_core.agency.ports import Parcel
from scld_core.runs.model import Answer, AnswerKind, ReadBack

__all__ = ["SftpChannel"]


class SftpChannel:
    """`AgencyChannel` over SFTP."""

    def __init__(self, sftp: Sftp) -> None:
        self._sftp = sftp

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Upload under a temporary name, then rename; a name that is taken is left alone."""
        self._sftp.put(parcel, key=key)
        return Answer(AnswerKind.DONE, parcel.name, f"lies in {self._sftp.settings.directory}")

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Whether the file lies there with these bytes."""
        found = self._sftp.content(parcel.name)
        if found is None:
            return ReadBack.UNKNOWN if self._sftp.settings.taken_away else ReadBack.NOT_DONE
        return ReadBack.DONE if found == parcel.content else ReadBack.NOT_DONE
