"""Tables and queries of the broker."""
