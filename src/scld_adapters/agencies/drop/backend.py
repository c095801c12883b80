"""Putting a file into a folder whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from scld_core.agency.ports import Parcel
from scld_core.errors import ConfigurationError, OutcomeUnknown, Rejected, Unavailable
from scld_core.runs.model import Answer, AnswerKind, ReadBack

__all__ = ["DropChannel"]


class DropChannel:
    """`AgencyChannel` into a folder."""

    def __init__(self, instance: str, folder: Path, *, taken_away: bool) -> None:
        self._instance = instance
        self._folder = folder
        self._taken_away = taken_away

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Write under a temporary name, make it durable, then give it its name unless that is taken."""
        self._check("deliver")
        final = self._folder / parcel.name
        try:
            if not self._there(final, parcel):
                self._place(parcel, final, key)
        except OSError as fault:
            raise Unavailable(self._instance, "deliver", f"cannot write ({fault.strerror})") from None
        try:
            self._keep_name()
        except OSError as fault:
            problem = f"the file has its name, which may not outlast a crash ({fault.strerror})"
            raise OutcomeUnknown(self._instance, "deliver", problem, key) from None
        return Answer(AnswerKind.DONE, parcel.name, f"lies in {self._folder.name}")

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Whether the file lies there with these bytes."""
        self._check("delivered")  # of a folder that is gone nobody can say what lies in it
        try:
            found = (self._folder / parcel.name).read_bytes()
        except FileNotFoundError:
            return ReadBack.UNKNOWN if self._taken_away else ReadBack.NOT_DONE
        except OSError as fault:
            raise Unavailable(self._instance, "delivered", f"cannot read ({fault.strerror})") from None
        return ReadBack.DONE if found == parcel.content else ReadBack.NOT_DONE

    def _check(self, operation: str) -> None:
        if not self._folder.is_dir():
            raise ConfigurationError(self._instance, operation, f"the folder {self._folder} is not there")

    def _there(self, final: Path, parcel: Parcel) -> bool:
        try:
            found = final.read_bytes()
        except FileNotFoundError:
            return False
        if found != parcel.content:
            raise Rejected(self._instance, "deliver", f"{parcel.name} is there already, with other content")
        return True

    def _place(self, parcel: Parcel, final: Path, key: str) -> None:
        part = self._folder / f".{parcel.name}.{key[-16:]}.part"
        try:
            with part.open("wb") as file:
                file.write(parcel.content)
                file.flush()
                os.fsync(file.fileno())
            # A link fails where a rename would overwrite what somebody else put there in the meantime.
            os.link(part, final)
        except FileExistsError:
            self._there(final, parcel)
        finally:
            with suppress(OSError):  # what stays is hidden, and the file itself is there or is not
                part.unlink()

    def _keep_name(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
