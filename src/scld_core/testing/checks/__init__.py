"""Every check of the kit: plain functions, which need no test framework."""

from scld_core.testing.checks.table import CHECKS, checks_of

__all__ = ["CHECKS", "checks_of"]
