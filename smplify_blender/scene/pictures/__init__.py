"""Figures in, rendered pictures of them out, from a scene that is thrown away."""
