"""What adapters over HTTP share."""
