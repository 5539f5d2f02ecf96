"""Objects and collections in, the distance grids of a scene file out, with what touches what."""
