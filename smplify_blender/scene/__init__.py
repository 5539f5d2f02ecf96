"""Checked values in, Blender's data out: figures, cameras, floors, motions, pictures and exports."""
