"""Body model files and what is computed from them: joints, skinning, and the points that a fit sees. Free of bpy."""
