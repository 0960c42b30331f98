"""Results, descriptions and reports as text, JSON and HTML: functions from plain data to strings."""
