"""What may be said: thresholds on people, a budget for each person, stable rounding."""
