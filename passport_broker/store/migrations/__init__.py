"""Migrations of the schema `passport_broker`."""
