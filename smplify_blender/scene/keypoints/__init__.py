"""Keypoints as a mesh before the photo's camera, and what an edit hides from the view."""
