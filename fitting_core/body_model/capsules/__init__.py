"""A body in, capsules that cover it out, and where they pass through each other in a pose."""
