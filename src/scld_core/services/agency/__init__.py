"""The agency's use cases that work from files alone, with no district set up."""
