"""OAuth 2.0 and OpenID Connect, on Authlib: grants, tokens and endpoints."""
