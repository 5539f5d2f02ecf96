"""Choices and facts in, the sidebar's panels and the drawings over the photo out."""
