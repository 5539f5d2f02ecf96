"""A photo's file in, its size, orientation and camera out, and the picture of a figure drawn over it."""
