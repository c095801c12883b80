"""An event loop in a thread of its own, for real servers beside code that blocks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]


@contextmanager
def thread_loop() -> Generator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """A function that runs a coroutine on the loop and waits for it; what is left is cancelled at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    async def cancel() -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    try:
        yield run
    finally:
        run(cancel())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
