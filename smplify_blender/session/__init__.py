"""The state of one Blender session: the resident core, its jobs, looks at photos and the results of fits."""
