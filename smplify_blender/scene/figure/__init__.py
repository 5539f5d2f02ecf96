"""A fitted person in, an armature with a skinned mesh and shape keys out."""
