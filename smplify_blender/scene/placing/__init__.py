"""A fit and a scene in, out: where the figures stand, how large, and on which floor."""
