"""Train the lifter, the network that guesses starts of a fit: `python -m tools.train_lifter --mocap DIR`."""
