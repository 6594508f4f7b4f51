"""The passport broker: who people are, what visas they hold, and tokens that say so (OIDC, GA4GH AAI)."""
