"""A Python environment with PyTorch, made, watched and removed on the user's order."""
