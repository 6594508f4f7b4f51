"""Keys: those of others, fetched and kept, and the site's own."""
