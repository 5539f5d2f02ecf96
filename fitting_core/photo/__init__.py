"""The photo: its size, orientation and focal length from the header, and the overlay picture. Free of bpy."""
