"""A keypoint file of any dialect in, people with 137 OpenPose keypoints in pixels of the photo out."""
