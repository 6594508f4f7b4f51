"""Made-up people for a first look: seeded, so that every site shows the same ones, and nobody's data."""
