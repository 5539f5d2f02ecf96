"""The fit itself: what is minimised, from where, in which stages. Free of bpy."""
