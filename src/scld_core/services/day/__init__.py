"""The morning run."""
