"""A clip's pictures and keypoint files in, frames with their times out."""
