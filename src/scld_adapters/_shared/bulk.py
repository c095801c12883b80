"""Many questions to one system: a few at a time, their answers in order, and told as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

__all__ = ["walk"]

A = TypeVar("A")
R = TypeVar("R")


def _unheard(done: int) -> None:
    del done


def walk(
    asked: Iterable[A], ask: Callable[[A], R], *, at_once: int, progress: Callable[[int], None] = _unheard
) -> Iterator[R]:
    """The answers to `asked` in its order, of which at most `at_once` are awaited at any time.

    No question is asked sooner than so many ahead of the answer that is taken, so that a caller who stops
    asks no more. The first fault in order is raised where its answer would stand; what was asked beyond it
    is awaited and dropped. `progress` hears after each answer how many there were. `ask` must bear several
    threads.
    """
    questions = iter(asked)
    awaited: deque[Future[R]] = deque()
    with ThreadPoolExecutor(at_once, thread_name_prefix="scld-walk") as pool:
        try:
            done = 0
            while True:
                for more in islice(questions, at_once - len(awaited)):
                    awaited.append(pool.submit(ask, more))
                if not awaited:
                    return
                answer = awaited.popleft().result()
                done += 1
                progress(done)
                yield answer
        finally:
            for rest in awaited:
                rest.cancel()
