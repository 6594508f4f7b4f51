"""The bytes of a file that make up the answer to a request: its header, the records asked for, its end."""
