"""A batch on a Ray cluster: photos and clips as tasks for many machines, which share the folders of photos and of results."""
