"""A folder of photos in, a result folder for each photo and one summary out; a photo that fails stops no other."""
