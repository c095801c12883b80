"""Ratios to a named baseline, measured in the same run; run by hand: ``python -m bench NAME [--json]``."""
