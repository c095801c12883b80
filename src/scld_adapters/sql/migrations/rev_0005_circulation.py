"""Loans of the embedded ILS.

A revision is never edited once it is released: it says what the tables were, not what they are.
"""

from __future__ import annotations

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
