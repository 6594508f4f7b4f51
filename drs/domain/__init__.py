"""What objects are, in plain Python."""
