"""Tables, migrations and queries of the governed things."""
