"""One SFTP conversation at a time: connect, look, put, name, leave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import frozen

from scld_adapters.agencies.sftp.settings import AgencySftpSettings
from scld_core.agency.ports import Parcel
from scld_core.errors import (
    ConfigurationError,
    MissingExtra,
    OutcomeUnknown,
    PermissionDenied,
    Rejected,
    ServiceAuthError,
    Unavailable,
)

if TYPE_CHECKING:
    import asyncssh

__all__ = ["Sftp"]

T = TypeVar("T")


def _library() -> Any:
    try:
        import asyncssh
    except ImportError:
        raise MissingExtra("sftp", "asyncssh") from None
    return asyncssh


@frozen
class Sftp:
    """The agency's server. `password` and `private_key` give their text at every connection, or blank."""

    instance: str
    settings: AgencySftpSettings
    deadline: float
    password: Callable[[], str]
    private_key: Callable[[], str]

    def put(self, parcel: Parcel, *, key: str) -> None:
        """Bring the parcel under its final name, whole.

        Raises Rejected when that name has other content, OutcomeUnknown when the answer to the last
        act, the naming, was lost.
        """

        async def work(client: asyncssh.SFTPClient) -> None:
            found = await self._content(client, parcel.name)
            if found is None:
                await self._place(client, parcel, key)
            elif found != parcel.content:
                raise Rejected(self.instance, "deliver", f"{parcel.name} is there already, with other content")

        self._converse("deliver", work)

    def content(self, name: str) -> bytes | None:
        """What lies under that name; None when nothing does. Raises ConfigurationError for a directory that is gone."""

        async def work(client: asyncssh.SFTPClient) -> bytes | None:
            found = await self._content(client, name)
            if found is None:
                await client.stat(self.settings.directory)  # of one that is gone nobody can say what lies in it
            return found

        return self._converse("delivered", work)

    async def _content(self, client: asyncssh.SFTPClient, name: str) -> bytes | None:
        try:
            async with client.open(self._path(name), "rb") as file:
                return cast(bytes, await file.read())
        except _library().SFTPNoSuchFile:
            return None

    async def _place(self, client: asyncssh.SFTPClient, parcel: Parcel, key: str) -> None:
        part = self._path(f"{parcel.name}.{key[-16:]}.part")
        async with client.open(part, "wb") as file:
            await file.write(parcel.content)
        ssh = _library()
        try:
            # SFTP's own rename fails where the name is taken, which posix_rename does not.
            await client.rename(part, self._path(parcel.name))
        except ssh.SFTPPermissionDenied:
            raise
        except (ssh.Error, OSError, TimeoutError, asyncio.CancelledError) as fault:
            lost = not isinstance(fault, ssh.SFTPError) or isinstance(
                fault, ssh.SFTPConnectionLost | ssh.SFTPNoConnection
            )
            if lost:
                problem = f"the answer to naming the file was lost ({type(fault).__name__})"
                raise OutcomeUnknown(self.instance, "deliver", problem, key) from None
            problem = f"the server does not give the file its name {parcel.name}"
            raise Rejected(self.instance, "deliver", problem) from None

    def _path(self, name: str) -> str:
        return f"{self.settings.directory.rstrip('/')}/{name}"

    def _converse(self, operation: str, work: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        ssh = _library()
        try:
            return asyncio.run(self._within(work))
        except ssh.PermissionDenied:
            raise ServiceAuthError(self.instance, operation, "the server refuses the login") from None
        except ssh.HostKeyNotVerifiable:
            problem = "the server shows another host key than the one set; ask the agency before changing it"
            raise ConfigurationError(self.instance, operation, problem) from None
        except (ssh.KeyImportError, ssh.KeyExchangeFailed, ValueError) as fault:
            problem = f"a key cannot be used ({type(fault).__name__})"
            raise ConfigurationError(self.instance, operation, problem) from None
        except ssh.SFTPPermissionDenied:
            raise PermissionDenied(self.instance, operation, f"in {self.settings.directory}") from None
        except ssh.SFTPNoSuchFile:
            problem = f"the directory {self.settings.directory} is not there"
            raise ConfigurationError(self.instance, operation, problem) from None
        except (ssh.Error, OSError, TimeoutError) as fault:
            raise Unavailable(self.instance, operation, f"no whole conversation ({type(fault).__name__})") from None

    async def _within(self, work: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        async with asyncio.timeout(self.deadline):
            options = self._login()
            async with (
                _library().connect(self.settings.host, self.settings.port, **options) as connection,
                connection.start_sftp_client() as client,
            ):
                return await work(client)

    def _login(self) -> dict[str, Any]:
        ssh, settings = _library(), self.settings
        ssh.import_public_key(settings.host_key)  # a line that is no key would only be skipped below
        hosts = f"[{settings.host}]:{settings.port} {settings.host_key}\n"
        if settings.port == 22:
            hosts += f"{settings.host} {settings.host_key}\n"
        key = self.private_key()
        return {
            "username": settings.username,
            "known_hosts": ssh.import_known_hosts(hosts),
            "client_keys": [ssh.import_private_key(key)] if key else None,
            "password": self.password() or None,
            # Nothing of the person who runs this is used: no agent, no configuration, no keys of theirs.
            "agent_path": None,
            "config": None,
            "client_host_keysign": None,
            "gss_host": None,
        }
