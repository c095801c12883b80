"""What was done with an idempotency key in this process, for systems that know no keys."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, TypeVar

from scld_core.errors import Conflict

__all__ = ["Keys"]

T = TypeVar("T")

_MOST = 1024


class Keys:
    """The keys that were used last, each with what was asked and what came of it.

    It spares a caller who repeats a request in the same process. What survives the process is the
    outbox of scld, which reads back and never sends again.
    """

    def __init__(self, backend: str) -> None:
        """Know no key yet."""
        self._backend = backend
        self._done: OrderedDict[str, tuple[tuple[Any, ...], object]] = OrderedDict()

    def done(self, gives: type[T], key: str, operation: str, *asked: Any) -> T | None:
        """What came of the key; None for a new one. Conflict where it was used for something else."""
        if key not in self._done:
            return None
        before, result = self._done[key]
        if before != (operation, *asked):
            raise Conflict(self._backend, operation, "this key was used for another request")
        return result if isinstance(result, gives) else None

    def keep(self, key: str, operation: str, *asked: Any, result: T) -> T:
        """Remember what came of a key, and give it."""
        self._done[key] = ((operation, *asked), result)
        while len(self._done) > _MOST:
            self._done.popitem(last=False)
        return result
