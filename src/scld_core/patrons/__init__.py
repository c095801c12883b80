"""Patrons as far as a desk leans on them."""

from scld_core.patrons.model import Household, PatronId

__all__ = ["Household", "PatronId"]
