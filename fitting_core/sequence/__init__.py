"""A clip in, one motion a person out: tracked, fitted as one trajectory, and written as a result folder."""
