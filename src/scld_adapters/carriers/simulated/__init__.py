"""A simulated carrier whose account is a file in the district's folder: for samples, training and tests."""
