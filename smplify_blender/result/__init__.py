"""Result folders: read, checked and turned into what the scene needs. Free of bpy; NumPy only."""
