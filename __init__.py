"""SMPLify: from a photo and its OpenPose file to a rigged figure. The extension's own entry, and nothing
else.

The repository's root is the extension's source, as Blender's builder wants this file beside the manifest.
"""


def register() -> None:
    """Called by Blender when the extension is enabled."""
    from .smplify_blender import registration

    registration.register(__package__ or "")


def unregister() -> None:
    """Called by Blender when the extension is disabled."""
    from .smplify_blender import registration

    registration.unregister()
