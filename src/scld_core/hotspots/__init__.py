"""Hotspots: which line should have service today, and why."""
