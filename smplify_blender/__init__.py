"""The Blender add-on: from a result folder to a rigged figure in the scene.

Never imports torch and never imports `fitting_core`: the two share a command line, JSON lines and files.
"""
