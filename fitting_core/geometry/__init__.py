"""Rotations and the pinhole camera, with their derivatives."""
