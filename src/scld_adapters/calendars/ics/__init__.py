"""A calendar that was saved as an iCalendar file (RFC 5545)."""
