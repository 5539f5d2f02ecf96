"""Poses of figures kept as assets, which Blender's pose library shows and applies."""
