"""Backends with one bug each; the kit must catch all of them, and grows with every real one."""

from scld_core.testing.planted.model import Planted
from scld_core.testing.planted.table import PLANTED

__all__ = ["PLANTED", "Planted"]
