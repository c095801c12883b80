"""Patrons as far as a desk leans on them."""
