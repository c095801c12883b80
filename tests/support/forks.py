"""Children forked from a warmed process, which must have one thread only and nothing open that a child could harm."""

import json
import os
import sys
import traceback
from collections.abc import Callable
from signal import SIGKILL

from attrs import frozen


@frozen
class Ended:
    """How a child ended: killed, or with the JSON value that its job gave."""

    killed: bool
    answer: object = None


def die() -> None:
    """End at once, as a power failure would: nothing is flushed, closed or rolled back by us."""
    os.kill(os.getpid(), SIGKILL)


class Child:
    """A forked process that does `job`."""

    def __init__(self, job: Callable[[], object]) -> None:
        self._reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._reading)
            _do(job, writing)
        os.close(writing)

    def wait(self) -> Ended:
        """Wait for its end; raises when the job did."""
        with os.fdopen(self._reading, encoding="utf-8") as pipe:
            text = pipe.read()
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if code not in (0, -SIGKILL):
            raise RuntimeError(f"a child ended with {code}")
        return Ended(killed=True) if code else Ended(killed=False, answer=json.loads(text))


def _do(job: Callable[[], object], writing: int) -> None:
    status = 1
    try:
        text = json.dumps(job())
        with os.fdopen(writing, "w", encoding="utf-8") as pipe:
            pipe.write(text)
        status = 0
    except BaseException:  # noqa: BLE001 - a child must not run on as a copy of its parent
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def survive(job: Callable[[], object]) -> object:
    """The answer of a job that nothing kills."""
    ended = Child(job).wait()
    if ended.killed:
        raise RuntimeError("a child was killed that nobody wanted dead")
    return ended.answer
