"""A figure and its photo in, the texture that the photo gives the figure out."""
