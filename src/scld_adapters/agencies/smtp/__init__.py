"""The agency's files as attachments of a mail."""
