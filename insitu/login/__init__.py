"""The command line as a client: logins at brokers, kept for this user, and calls to sites with tokens."""
