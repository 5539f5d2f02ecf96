"""A batch of least-squares problems in, their minima out; knows vectors and matrices, and nothing of bodies."""
