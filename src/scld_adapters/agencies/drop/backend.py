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
            part = self._folder / f".{parcel.name}.{key[-16:]}.part"
            if _claimed(final, part, parcel):
                part.replace(final)
            elif not self._there(final, parcel):
                self._place(parcel, final, part)
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

    def _place(self, parcel: Parcel, final: Path, part: Path) -> None:
        try:
            with part.open("wb") as file:
                file.write(parcel.content)
                file.flush()
                os.fsync(file.fileno())
            _name(part, final)
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


def _name(part: Path, final: Path) -> None:
    """Give the file its name; FileExistsError where somebody else took it in the meantime."""
    try:
        # A link fails where a rename would overwrite what somebody else put there.
        os.link(part, final)
    except FileExistsError:
        raise
    except OSError:  # exFAT and many network shares have no links
        _claim(part, final)


def _claim(part: Path, final: Path) -> None:
    """The same where links are refused: the name is taken by an empty file, which the whole one then replaces.

    Whoever looks in between sees nothing in it, and whoever wants the name finds it taken.
    """
    os.close(os.open(final, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
    try:
        if final.stat().st_size:  # somebody writes into whatever has the name, as none should
            raise FileExistsError(final)
        part.replace(final)
    except OSError:
        if not final.stat().st_size:
            final.unlink()
        raise


def _claimed(final: Path, part: Path, parcel: Parcel) -> bool:
    """Whether a crash came between taking the name and putting the file there, which is whole beside it."""
    try:
        return bool(parcel.content) and not final.stat().st_size and part.read_bytes() == parcel.content
    except FileNotFoundError:
        return False
