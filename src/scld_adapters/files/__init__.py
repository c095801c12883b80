"""Exports of any ILS."""
