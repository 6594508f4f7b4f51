"""Tables and queries of objects."""
