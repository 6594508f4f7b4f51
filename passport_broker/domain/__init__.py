"""The broker's own ideas in plain typed Python: accounts, clients, and what tokens are descended from."""
