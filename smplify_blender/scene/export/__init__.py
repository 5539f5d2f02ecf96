"""Figures of the scene in, a .glb, .fbx or .usdc file out; the scene stays as it is."""
