"""Pairs of pictures that an image network is trained on: a fitted figure in flat colours with its depth, and the real picture."""
