"""A carrier's portal that gives and takes files only: its export comes in, a bulk file goes out."""
