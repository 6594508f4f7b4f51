"""The keys that the broker signs with, and their rotation."""
