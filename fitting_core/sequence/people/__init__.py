"""Frames in, the people who are seen in them, followed from one to the next, out."""
