"""The 137 keypoints as values: names, edits, and the OpenPose file that the core reads."""
