"""Benchmarks, run by hand: ``python -m bench NAME [--json]``; each tells its ratio to a named baseline."""
