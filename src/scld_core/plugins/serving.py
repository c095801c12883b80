"""What a plugin declares to let machines such as self-checks work with a district's desks, over a wire of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from attrs import field, frozen

from scld_core.errors import BadInput
from scld_core.kernel.validate import between, instance, nonempty
from scld_core.plugins.inspection import nearest
from scld_core.plugins.registry import Registry

__all__ = ["DeskServer", "ServeOrder", "Serving", "find_server"]


class Serving(Protocol):
    """A server that listens; `port` is the real one."""

    @property
    def port(self) -> int:
        """On which port it listens."""
        ...

    def close(self) -> None:
        """Stop listening, end what is under way, close every desk; may be called twice."""
        ...


@frozen(kw_only=True)
class ServeOrder:
    """Where to listen, and for which district.

    `open_desk` opens the district's desk for the machine of that name: one for each thread, in that thread.
    `certificate` and `key` are files for TLS. `institution` is what the machines call the district.
    """

    folder: Path = field(validator=instance(Path))
    open_desk: Callable[[str], AbstractContextManager[Any]] = field(repr=False)
    host: str = field(default="127.0.0.1", validator=nonempty)
    port: int = field(default=0, validator=[instance(int), between(0, 65535)])
    certificate: Path | None = None
    key: Path | None = None
    institution: str = field(default="", validator=instance(str))


@frozen
class DeskServer:
    """A protocol in which a district's desks can be served; `start` listens at once.

    `start` raises BadInput for what a person must set, and Unavailable where it cannot listen.
    """

    name: str = field(validator=nonempty)
    summary: str = field(validator=nonempty)
    start: Callable[[ServeOrder], Serving] = field(repr=False)


def find_server(registry: Registry, name: str) -> DeskServer:
    """The server of that name; BadInput says which there are."""
    known = {server.name: server for server in registry.declarations(DeskServer)}
    if name in known:
        return known[name]
    raise BadInput(name, f"is no protocol in which desks are served{nearest(name, known)}; there are: {sorted(known)}")
