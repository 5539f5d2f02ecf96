"""A motion in, a figure with keys on every bone out."""
