"""The agency's files in a folder from which something else takes them."""
