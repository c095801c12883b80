"""The CSV files that Koha libraries send to Unique Management Services."""
