"""SMPLify for Blender: the fit, from keypoints to a posed body. Never imports bpy.

Light on purpose: importing this package imports nothing else, so that the command line answers at once.
"""

__version__ = "0.1.0"
