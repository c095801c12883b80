"""What the adapters that speak HTTP share: requests, faults, tokens, paging and a faulty server for tests."""
