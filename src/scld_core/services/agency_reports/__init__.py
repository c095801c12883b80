"""The agency's reports by audience: the work queue, the money, the files."""
