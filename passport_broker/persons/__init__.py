"""People: the ways in which they log in, and their accounts that count as one (LinkedIdentities)."""
