"""DRS and htsget: objects by the standard, their bytes and slices of them (GA4GH DRS 1.5, htsget 1.3)."""
