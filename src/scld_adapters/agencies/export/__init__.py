"""The agency's list of its accounts, in the canonical columns."""
