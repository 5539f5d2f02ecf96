"""A figure's pose or motion on somebody else's armature, and back."""
