"""The keypoints of a person as they are edited by hand: values, reading, the default figure, OpenPose JSON. Free of bpy."""
