"""Figures and their photo in, what makes a picture of them out: light, shadow, plate, materials, clothes."""
