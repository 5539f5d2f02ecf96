"""A followed person in, a smooth motion out: poses for every frame, the path through them, the whole trajectory."""
