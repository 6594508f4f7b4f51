"""What the Beacon room thinks with, free of web and SQL."""
