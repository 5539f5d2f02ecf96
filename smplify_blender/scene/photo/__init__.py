"""A photo and its lens in, a camera that matches it with the photo behind out."""
