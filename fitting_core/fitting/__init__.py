"""Keypoints and a body in, the likeliest poses, shapes and places of the people out."""
