"""The store and the embedded ILS on SQLite and PostgreSQL. Import what you need from its modules."""
