"""Beacon's JSON: what is sent to questions, and questions to what is found."""
