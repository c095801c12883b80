"""The agency's portal, worked by a person."""
