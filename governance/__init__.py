"""Who is asking, may they, what may be said, and the record of it."""
