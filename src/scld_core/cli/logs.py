"""Where a command's log goes: JSON lines on stderr, and the loggers as they were before afterwards."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from scld_core.kernel.log import configure

__all__ = ["logged"]

_LOGGERS = ("scld_core", "scld_adapters")


@contextmanager
def logged(redact: Callable[[str], str], *, verbose: bool = False) -> Generator[None]:
    """Write warnings, or with `verbose` everything that happens, to stderr while the block runs."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(logger, logger.handlers[:], logger.level) for logger in loggers]
    configure(sys.stderr, level=logging.INFO if verbose else logging.WARNING, redact=redact)
    try:
        yield
    finally:
        for logger, handlers, level in before:
            logger.handlers[:] = handlers
            logger.setLevel(level)
