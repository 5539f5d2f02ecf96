"""The things that stand before the camera, as signed distances that a body can be kept out of and brought against."""
