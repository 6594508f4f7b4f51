"""Beacon v2: questions about variants and the people who carry them (GA4GH Beacon v2.1.1)."""
