"""Two-dimensional keypoints: the internal type, its layouts, and one reader a file dialect. Free of bpy."""
