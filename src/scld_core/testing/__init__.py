"""The conformance kit: it proves that a backend does what its ports promise.

An adapter's author subclasses the port's suite in `suite` (such as `suite.CarrierSuite`) and gives
one harness; or calls `grading.grade` from plain Python. Needs the extra `testing` for the modules
that use pytest and Hypothesis: `suite`, `machines`, `strategies` and `plugin`.
"""
