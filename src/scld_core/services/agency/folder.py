"""A folder of results that appears whole: everything under its own name, or nothing."""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from attrs import field, frozen

from scld_core.errors import BadInput

__all__ = ["Staging", "staged"]


@frozen
class Staging:
    """Files being written under temporary names in `folder`; `names` are the only ones it may have."""

    folder: Path
    names: frozenset[str]
    _token: str = field(factory=lambda: secrets.token_hex(4), repr=False)
    _stack: ExitStack = field(factory=ExitStack, repr=False)
    _written: dict[str, Path] = field(factory=dict[str, Path], repr=False)

    def text(self, name: str) -> IO[str]:
        """A new text file in UTF-8, line ends as written; it is closed with the staging."""
        path = self._temporary(name)
        self._written[name] = path
        return self._stack.enter_context(path.open("x", encoding="utf-8", newline=""))

    def _temporary(self, name: str) -> Path:
        return self.folder / f".{name}.{self._token}.tmp"

    def publish(self) -> tuple[Path, ...]:
        """Give every file its name, replacing what an earlier run left under it; gives the paths."""
        self._stack.close()
        for path in self._written.values():
            with path.open("r+b") as file:
                os.fsync(file.fileno())
        for name, path in self._written.items():
            path.replace(self.folder / name)
        return tuple(self.folder / name for name in self._written)

    def discard(self) -> None:
        """Leave nothing behind that was not published."""
        self._stack.close()
        for path in self._written.values():
            path.unlink(missing_ok=True)


@contextmanager
def staged(folder: Path, names: Iterable[str], *, inputs: Iterable[Path]) -> Generator[Staging]:
    """A staging in `folder`, which is made where there is none; what is not published is removed again.

    Raises BadInput for a folder that cannot be written, and where a result would replace one of `inputs`.
    """
    staging = Staging(folder, frozenset(names))
    for source in inputs:
        if source.name in staging.names and source.resolve().parent == folder.resolve():
            raise BadInput(str(source), "would be replaced by a result of that name", "Give another folder with --out")
    made = _make(folder)
    try:
        yield staging
    finally:
        staging.discard()
        for path in reversed(made):
            with suppress(OSError):  # it is in use: the results are in it
                path.rmdir()


def _make(folder: Path) -> list[Path]:
    """Make the folder and the missing ones above it; gives those that were made."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as fault:
        raise BadInput(str(folder), f"cannot be written: {fault.strerror}", "Give another folder with --out") from None
    return missing[::-1]
