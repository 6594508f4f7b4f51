"""Reminders: told once each, by mail where the institution's server is known, else in the log."""
