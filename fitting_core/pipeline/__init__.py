"""A request in, its result files out: one photo from its keypoints to its figures."""
