"""Slices of reads and variants: a ticket says where the bytes of a region lie (GA4GH htsget 1.3)."""
