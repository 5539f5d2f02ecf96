"""The edit mode of keypoints: what is drawn over the photo, which keys count, what an edit changes and how it ends."""
