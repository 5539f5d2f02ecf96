# pyright: basic
"""The user's choices for a fit, kept in the scene. Nothing here names a program, a file to unpickle or a folder to write:
a .blend from elsewhere may hold any of these values. Those choices are in the preferences.

A new option that only goes on to the core is a property here, its line in FIT_OPTIONS, its row in a panel, and on the core's
side its field in `FitRequest` and its use.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import bpy

from ..session.fit_request import EVERYBODY, MAIN_PERSON, FitOption, OptionValue
from ..session.fit_run import fit_runs
from ..session.keypoint_search import find_keypoints
from .clip_settings import ClipSettings
from .stored_path import path_of

MOST_TAKES = 16  # the core's limit
ATTRIBUTE = "smplify"  # of a scene

# Called when the photo, its keypoint file or its lens is another one.
photo_listeners: list[Callable[[], None]] = []

FOCAL_MODES = (
    (
        "PHOTO",
        "From Photo",
        "The lens that the photo's EXIF names; 35 mm (35-mm equivalent) where it names none",
        "NONE",
        0,
    ),
    (
        "ESTIMATE",
        "Estimated",
        "The fit finds the lens from how much larger the near parts of the people are than the far ones. Helps where the photo "
        "names no lens, and the more the nearer they are and the more of them; else the photo's lens is kept. Takes a few times "
        "as long",
        "NONE",
        5,
    ),
    ("MM35", "35-mm Equivalent", "Focal length as on a full-frame camera", "NONE", 1),
    ("FOV", "Field of View", "Angle across the photo's longer side", "NONE", 2),
    ("PX", "Pixels", "Focal length in pixels of the photo", "NONE", 3),
    (
        "SCENE_CAMERA",
        "Scene Camera",
        "Lens, shift and place of the scene's active camera, for example one matched with fSpy. "
        "The figure stands before it; no camera is made",
        "NONE",
        4,
    ),
)  # numbers as earlier versions have stored them
FLOORS = (
    (
        "GROUND",
        "Ground",
        "The plane z = 0 of the scene. The figure is moved along the camera's rays, larger the farther, until the feet are on "
        "it: the picture does not change",
    ),
    (
        "OBJECT",
        "Object",
        "A mesh of the scene, for example a plane or a terrain. Its walls and ceilings do not matter",
    ),
    (
        "NONE",
        "None",
        "The figure keeps the size and distance that the photo suggests. For somebody who jumps, hangs or floats",
    ),
)
GENDERS = (
    ("DEFAULT", "Default", "The gender that the preferences name", "NONE", 0),
    (
        "automatic",
        "Automatic",
        "The body that the person's proportions ask for, neutral where they do not tell",
        "NONE",
        5,
    ),
    ("neutral", "Neutral", "The mean of female and male bodies", "NONE", 1),
    ("female", "Female", "A female body", "NONE", 2),
    ("male", "Male", "A male body", "NONE", 3),
    ("child", "Child", "A child's body, where the model has one", "NONE", 4),
)  # numbers as earlier versions have stored them


# The properties below that go on to the core as they are, each with the field of its request. Never one that holds a text.
FIT_OPTIONS = {
    "height_cm": FitOption("shape.height_cm", unset=0.0, of_one_person=True),
    "takes": FitOption("takes", of_a_search=True),
    "interpenetration": FitOption("interpenetration"),
}
BODY_GENDERS = ("automatic", "neutral", "female", "male", "child")


def _look_again(_self: bpy.types.bpy_struct, _context: bpy.types.Context) -> None:
    fit_runs().error = ""  # it was about other files
    for listener in photo_listeners:
        listener()


def _hide_others(_self: bpy.types.bpy_struct, context: bpy.types.Context) -> None:
    hide_other_photos(cast("bpy.types.Scene", context.scene), cast("bpy.types.ViewLayer", context.view_layer))


def hide_other_photos(scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer) -> None:
    """Hide or show the figures of other photos than that of the scene's camera, as the scene's settings say."""
    from ..scene.placing.other_photos import show_only

    show_only(view_layer, scene.camera if settings_of(scene).hide_others else None)


def _can_be_touched(self: SmplifySettings, thing: bpy.types.Object) -> bool:
    from ..scene.contact.surface import SURFACE_TYPES
    from ..scene.figure.lookup import body_of, figure_of

    scene = cast("bpy.types.Scene", self.id_data)
    is_own = thing.type in SURFACE_TYPES and scene in thing.users_scene
    person = figure_of(thing)
    return is_own and (person is None or body_of(person) == thing)


def _can_be_floor(self: SmplifySettings, thing: bpy.types.Object) -> bool:
    from ..scene.keypoints.mesh import is_keypoints

    scene = cast("bpy.types.Scene", self.id_data)
    return thing.type == "MESH" and scene in thing.users_scene and not is_keypoints(thing)


def _photo_changed(self: SmplifySettings, context: bpy.types.Context) -> None:
    """Choose the keypoint file of another photo, and nobody in it yet."""
    photo = photo_on_disk(self)
    found = find_keypoints(photo) if photo is not None else None
    self.person = MAIN_PERSON
    self.keypoint_frame, self.points_size = 0, (0, 0)
    self.keypoints_path = str(found) if found is not None else ""  # its own update looks at the files


class SmplifySettings(ClipSettings, bpy.types.PropertyGroup):
    """The sidebar's choices, one set a scene."""

    photo_source: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Photo or Video",
        description="Where the photo is, or that there is a video",
        items=(
            ("FILE", "File", "A photo on disk"),
            ("IMAGE", "Image", "An image that is in this Blender file already"),
            ("VIDEO", "Video", "A movie, or numbered images, of people who move"),
        ),
        update=_photo_changed,
    )
    photo_path: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Photo",
        description="Photo of a person: JPEG, PNG, WebP, TIFF or BMP",
        subtype="FILE_PATH",
        update=_photo_changed,
    )
    photo_image: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Image",
        description="Photo of a person among this file's images",
        type=bpy.types.Image,
        update=_photo_changed,
    )
    keypoints_path: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Keypoints",
        description="The photo's keypoint file of OpenPose, ControlNet or another detector, found by itself beside the photo. "
        "Without one, people are found in the photo itself",
        subtype="FILE_PATH",
        update=_look_again,
    )
    keypoint_frame: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Frame",
        description="Which frame of a keypoint file that holds several, counted from 0",
        default=0,
        min=0,
        update=_look_again,
    )
    points_size: bpy.props.IntVectorProperty(  # type: ignore[valid-type]
        name="Size of Their Picture",
        description="Width and height of the picture that the keypoints were made on, if it is a smaller or larger copy of the "
        "photo. 0: the photo's own",
        size=2,
        default=(0, 0),
        min=0,
        max=1_000_000,
        update=_look_again,
    )
    person: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Person",
        description="Who is fitted: −1 the main person, −2 everybody, else the number in the keypoint file, from 0",
        default=MAIN_PERSON,
        min=EVERYBODY,
    )
    focal_mode: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Lens",
        description="Where the focal length comes from",
        items=FOCAL_MODES,
        update=_look_again,
    )
    focal_mm35: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Focal Length",
        description="35-mm equivalent: as on a full-frame camera",
        default=35.0,
        min=5.0,
        max=2000.0,
        subtype="DISTANCE_CAMERA",
        update=_look_again,
    )
    fov: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Field of View",
        description="Angle across the photo's longer side",
        default=math.radians(54.4),  # of the 35-mm lens that is the default elsewhere
        min=math.radians(1.0),
        max=math.radians(170.0),
        subtype="ANGLE",
        update=_look_again,
    )
    focal_px: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Focal Length",
        description="In pixels of the photo",
        default=1000.0,
        min=1.0,
        max=1e6,
        subtype="PIXEL",
        update=_look_again,
    )
    floor: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Floor", description="What the figure stands on before the scene's camera", items=FLOORS
    )
    floor_object: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Object",
        description="The mesh that the figure stands on",
        type=bpy.types.Object,
        poll=_can_be_floor,
    )
    body: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Body",
        description="The body model that is fitted",
        items=(
            ("OPEN", "Open Body", "The body that ships with the add-on; free for any use"),
            ("OWN", "Own SMPL-X File", "Your SMPL-X, SMPL-H or SMPL file, chosen in the preferences"),
        ),
    )
    gender: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Gender", description="Variant of the body", items=GENDERS
    )
    height_cm: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Height (cm)",
        description="Height of the person in centimetres, standing upright and barefoot. 0: unknown, the photo decides",
        default=0.0,
        min=0.0,
        max=260.0,
        soft_min=0.0,
        precision=0,
        step=100,
    )
    takes: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Takes",
        description="How many different solutions are kept to choose from, the best first",
        default=3,
        min=1,
        max=MOST_TAKES,
    )
    interpenetration: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Keep Limbs Apart",
        description="Keep the body from passing through itself",
        default=True,
    )
    set_scene_camera: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Set Scene Camera and Resolution",
        description="Render the scene through the photo's camera at the photo's size",
        default=True,
    )
    keys_at: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Key At",
        description="The frame at which the pose of a new figure is keyed; a figure that is fitted again keeps its own",
        items=(
            ("CURRENT", "Current Frame", "The frame that the scene shows"),
            ("FIRST", "Frame 1", "Frame 1, whatever the scene shows"),
        ),
    )
    contact_kind: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Thing",
        description="What the figure touches",
        items=(
            ("OBJECT", "Object", "One object"),
            ("COLLECTION", "Collection", "All objects of a collection, as one thing"),
            ("GROUND", "Ground", "The plane z = 0"),
        ),
    )
    contact_everybody: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Everybody",
        description="The buttons are for all figures that are shown before the same camera, one after another",
        default=False,
    )
    contact_object: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Object",
        description="The object that the figure touches: as it is shown, modifiers and instances included; also another's body",
        type=bpy.types.Object,
        poll=_can_be_touched,
    )
    contact_collection: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Collection",
        description="The objects that the figure touches",
        type=bpy.types.Collection,
    )
    hide_others: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Hide Other Photos' Figures",
        description="Hide the figures of other photos, in view and render, while the scene looks through a photo's camera",
        default=False,
        update=_hide_others,
    )
    show_keypoints: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Show Keypoints",
        description="Draw the found keypoints over the photo while looking through its camera",
        default=True,
    )


def settings_of(scene: bpy.types.Scene) -> SmplifySettings:
    """Return the scene's choices."""
    return getattr(scene, ATTRIBUTE)


def key_frame_in(scene: bpy.types.Scene) -> int:
    """Return the frame at which a new figure is keyed."""
    return scene.frame_current if settings_of(scene).keys_at == "CURRENT" else 1


def fit_options(settings: SmplifySettings) -> tuple[tuple[FitOption, OptionValue], ...]:
    """Return the options that go on to the core, with the scene's values; a number that is none is not said."""
    values = {option: getattr(settings, name) for name, option in FIT_OPTIONS.items()}
    return tuple((option, value) for option, value in values.items() if _can_be_sent(value))


def _can_be_sent(value: OptionValue) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def photo_on_disk(settings: SmplifySettings) -> Path | None:
    """Return the chosen photo as a file that is there; an image packed in the .blend is written to the session's own folder.

    None where a video is chosen.
    """
    if settings.photo_source == "VIDEO":
        return None
    if settings.photo_source == "IMAGE":
        from ..scene.photo.image_file import file_of_image

        return file_of_image(settings.photo_image) if settings.photo_image is not None else None
    return path_of(settings.photo_path)


def add_to_scenes() -> None:
    """Give every scene its choices; after the class is registered."""
    setattr(bpy.types.Scene, ATTRIBUTE, bpy.props.PointerProperty(type=SmplifySettings))


def remove_from_scenes() -> None:
    """Take them away; what files have stored stays in them."""
    scene_class: Any = bpy.types.Scene
    delattr(scene_class, ATTRIBUTE)
