"""Acme Wireless, a carrier that does not exist."""
