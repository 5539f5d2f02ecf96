"""Optimisers that see vectors and matrices only and know nothing of bodies. Free of bpy."""
