"""A real SFTP server on loopback, in a thread of its own, that can be told to misbehave."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
from attrs import define, field

from support.loops import thread_loop


@define
class Sftp:
    """What the server was told: its folder, its port and key, and its faults.

    `drop_after` closes the connection after the named operation was carried out; `drop_before`
    before it. `refuse` answers that operation with a denial. `look` is called before and after each.
    """

    folder: Path
    host_key: str
    username: str = "scld-synthetic"
    password: str = "synthetic-password"
    port: int = 0
    drop_after: str = ""
    drop_before: str = ""
    refuse: str = ""
    look: Callable[[], None] = lambda: None
    done: list[str] = field(factory=list)


def _handler(state: Sftp) -> type[asyncssh.SFTPServer]:
    class Handler(asyncssh.SFTPServer):
        def __init__(self, chan: asyncssh.SSHServerChannel) -> None:
            super().__init__(chan, chroot=str(state.folder).encode())
            self._connection = chan.get_connection()

        def _around(self, name: str, work):
            if state.refuse == name:
                raise asyncssh.SFTPPermissionDenied("no")
            if state.drop_before == name:
                self._connection.abort()
                raise asyncssh.SFTPConnectionLost("gone")
            state.look()
            result = work()
            state.done.append(name)
            state.look()
            if state.drop_after == name:
                self._connection.abort()
            return result

        def open(self, path, pflags, attrs):
            name = "create" if pflags & asyncssh.FXF_WRITE else "read"
            return self._around(name, lambda: super(Handler, self).open(path, pflags, attrs))

        def write(self, file_obj, offset, data):
            return self._around("write", lambda: super(Handler, self).write(file_obj, offset, data))

        def rename(self, oldpath, newpath):
            return self._around("rename", lambda: super(Handler, self).rename(oldpath, newpath))

    return Handler


def _login(state: Sftp) -> type[asyncssh.SSHServer]:
    class Login(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == (state.username, state.password)

    return Login


@contextmanager
def sftp_server(folder: Path) -> Generator[Sftp]:
    """Serve `folder` until the block ends."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    state = Sftp(folder, key.export_public_key().decode().strip())

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[key], server_factory=_login(state), sftp_factory=_handler(state)
        )

    async def stop(server: asyncssh.SSHAcceptor) -> None:
        server.close()
        await server.wait_closed()

    with thread_loop() as run:
        server = run(start())
        state.port = server.get_port()
        try:
            yield state
        finally:
            run(stop(server))
