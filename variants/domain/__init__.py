"""Alleles, coordinates, carriers and questions in plain typed Python: no web, no SQL."""
