"""The GA4GH service registry of a site: its own services, for whoever joins sites into networks."""
