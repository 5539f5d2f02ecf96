"""Train the open hand prior from tracked hands: run `python -m tools.train_hand_prior --hands DIR`."""
