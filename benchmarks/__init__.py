"""How fast loading and asking are, beside the bare tools on the same files and the same database."""
