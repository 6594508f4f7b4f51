"""Child processes that are started, adopted and stopped, and never forgotten."""
