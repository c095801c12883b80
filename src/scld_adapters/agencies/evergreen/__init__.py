"""The balance summary that Evergreen writes for a collection agency."""
