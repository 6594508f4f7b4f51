"""Logging in at providers of others (OpenID Connect Core 1.0): this broker as their relying party."""
