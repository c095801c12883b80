"""Putting a file into a folder whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from scld_core.agency.ports import Parcel
from scld_core.errors import ConfigurationError, Rejected, Unavailable
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
        if not self._folder.is_dir():
            raise ConfigurationError(self._instance, "deliver", f"the folder {self._folder} is not there")
        final = self._folder / parcel.name
        part = self._folder / f".{parcel.name}.{key[-16:]}.part"
        try:
            if not self._there(final, parcel):
                self._write(part, parcel.content)
                self._name(part, final, parcel)
        except OSError as fault:
            raise Unavailable(self._instance, "deliver", f"cannot write ({fault.strerror})") from None
        return Answer(AnswerKind.DONE, parcel.name, f"lies in {self._folder.name}")

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Whether the file lies there with these bytes."""
        try:
            found = (self._folder / parcel.name).read_bytes()
        except FileNotFoundError:
            return ReadBack.UNKNOWN if self._taken_away else ReadBack.NOT_DONE
        except OSError as fault:
            raise Unavailable(self._instance, "delivered", f"cannot read ({fault.strerror})") from None
        return ReadBack.DONE if found == parcel.content else ReadBack.NOT_DONE

    def _there(self, final: Path, parcel: Parcel) -> bool:
        try:
            found = final.read_bytes()
        except FileNotFoundError:
            return False
        if found != parcel.content:
            raise Rejected(self._instance, "deliver", f"{parcel.name} is there already, with other content")
        return True

    def _write(self, part: Path, content: bytes) -> None:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _name(self, part: Path, final: Path, parcel: Parcel) -> None:
        # A link fails where a rename would overwrite what somebody else put there in the meantime.
        try:
            os.link(part, final)
        except FileExistsError:
            self._there(final, parcel)
        finally:
            part.unlink()
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
