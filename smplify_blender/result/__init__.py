"""A result folder in, checked values in Blender's axes out."""
