"""The agency's files over SFTP."""
