"""Several photos of one person, or of one moment, fitted together."""
