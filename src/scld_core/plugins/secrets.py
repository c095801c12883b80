"""The built-in secret schemes: ``env:NAME`` and ``file:relative/path`` below the district's folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from scld_core.errors import SettingsError
from scld_core.plugins.hookspecs import hookimpl
from scld_core.plugins.spec import SecretRef

__all__ = ["scld_resolve_secret"]

_LONGEST = 65536


@hookimpl
def scld_resolve_secret(ref: SecretRef, folder: Path) -> str | None:
    """The value of an environment variable or the text of a file; None for another scheme.

    Raises SettingsError when it is missing, blank or (a file) readable by everybody on the machine.
    """
    scheme, _, name = ref.ref.partition(":")
    if scheme == "env":
        return _full(ref, os.environ.get(name, ""), f"Set the environment variable {name}")
    if scheme == "file":
        return _full(ref, _read(ref, folder, name), f"Write the secret into {name} in the district's folder")
    return None


def _full(ref: SecretRef, text: str, remedy: str) -> str:
    bare = text.strip("\r\n")
    if not bare.strip():
        raise SettingsError(ref.ref, "the secret is missing or blank", remedy)
    return bare


def _read(ref: SecretRef, folder: Path, name: str) -> str:
    home = folder.resolve()
    path = (home / name).resolve()
    if not path.is_relative_to(home):
        raise SettingsError(ref.ref, "leads out of the district's folder", "Use a path below it")
    try:
        with path.open("rb") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & (stat.S_IROTH | stat.S_IWOTH):
                raise SettingsError(ref.ref, "every account of this machine may read or change the file", _CHMOD)
            return file.read(_LONGEST).decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        problem = f"cannot be read ({type(error).__name__})"
    raise SettingsError(ref.ref, problem, "It must be a text file in UTF-8 that this account may read")


_CHMOD = "Make it private: chmod 600"
