"""Holds: placed, ranked, trapped, suspended, moved and ended, each for a reason."""
