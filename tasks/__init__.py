"""Celery: the app, the embedded Valkey, and sending after commit."""
