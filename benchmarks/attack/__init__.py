"""The published attacks on membership, run against disclosure control."""
