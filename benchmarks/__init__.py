"""Scripts behind every number that the project claims; each prints a table. Timing is reported, never asserted."""
