"""Kajeet: lines through the Sentinel API, or through the Media Center's check-out and check-in."""
