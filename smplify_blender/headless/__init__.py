"""`blender --command smplify`: arguments in, .blend files, pictures, exports and an exit code out."""
