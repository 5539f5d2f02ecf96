"""Poses and motions of other programs → the files that a fit writes. Free of bpy."""
