"""A body file in, a body that can be shaped and posed out: joints, skin, keypoint landmarks, measurements."""
