"""Requests in, the fitting core's messages out, from a child process that never holds Blender up."""
