"""Needs a library that nobody has installed."""

import a_library_that_does_not_exist  # noqa: F401
