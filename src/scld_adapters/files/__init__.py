"""Exports of any ILS, and the recipes that make them. Import what you need from its modules."""
