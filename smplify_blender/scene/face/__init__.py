"""A figure's expression by its ten components or by named face actions."""
