"""Policy values that hold for a time and cite their source."""
