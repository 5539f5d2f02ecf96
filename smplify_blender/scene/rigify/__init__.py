"""A figure that follows a rig which Blender's own Rigify has generated for it."""
