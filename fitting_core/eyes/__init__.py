"""The pixels of a photo in, its people with OpenPose's 137 points out, and which of their points lie nearer the camera."""
