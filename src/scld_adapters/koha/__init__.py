"""Koha by its REST interface, as a Koha 23.05 was observed to behave."""
