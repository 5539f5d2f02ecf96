"""Rotations and the pinhole camera, on any array library. Free of bpy."""
