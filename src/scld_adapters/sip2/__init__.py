"""SIP2, the standard interchange protocol of self-checks: messages, codec, session, client and server."""
