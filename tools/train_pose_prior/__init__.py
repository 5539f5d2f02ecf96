"""Train the open pose prior from motion capture: run `python -m tools.train_pose_prior --mocap DIR`."""
