"""What this Blender session knows and runs: the resident core, its jobs, looks at photos and the results of fits."""
