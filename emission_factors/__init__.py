"""The shipped data, reviewed like code: factors, fuel properties, GWPs, vocabulary and methodologies."""
