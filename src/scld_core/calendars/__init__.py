"""Hours, closures and the end of a business day."""
