"""Loans and check-in states."""
