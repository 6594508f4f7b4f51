"""Tables, migrations and queries of the allele store; gives domain values."""
