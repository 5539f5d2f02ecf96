"""Keypoints in, first guesses of the pose out, and the choice among the solutions that they lead to."""
