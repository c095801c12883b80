"""Mail: sending over verified TLS."""
