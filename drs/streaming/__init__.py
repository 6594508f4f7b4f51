"""Bytes on their way out: signed URLs, ranges, and re-encryption to a caller's key."""
