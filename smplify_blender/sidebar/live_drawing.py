# pyright: basic
"""The stick figures over the 3D view: what was found in the photo, and the fit while it runs. Not scene data.

Over the photo where the view looks through its camera; else in a small picture of the photo in the view's lower left corner
while a fit runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import bpy

from ..fit_process.messages import FoundPerson
from ..keypoint_editor.drawing import shown_objects
from ..result.camera_match import MAX_ASPECT_DIFFERENCE
from ..scene.photo.camera import MARK as CAMERA_MARK
from ..session.fit_request import EVERYBODY, MAIN_PERSON
from ..session.fit_run import FitRun, fit_runs
from ..session.photo_inspection import Inspection
from ..session.photo_preview import preview_pixels
from ..settings.properties import settings_of
from ..settings.scene_choices import choices_of, engine_of, inspection_for
from .stick_figure import Point, Stick, sticks_of_keypoints, sticks_of_points

LIVE_WIDTH = 3.0  # px at a UI scale of 1
FOUND_WIDTH = 1.5
FOUND_STRENGTH = 0.75
OTHERS_STRENGTH = 0.3  # of people who are not the chosen one
NUMBER_SIZE = 14.0  # of a person's number; a point at a UI scale of 1
INSET_SHARE = 0.42  # of the view's height
INSET_MARGIN = 16.0  # px at a UI scale of 1; leaves the navigation and the operator panel alone
FRAME = (0.0, 0.0, 0.0, 0.6)

_handles: list[Any] = []
_texture: dict[str, Any] = {}  # the one photo that was drawn last


@dataclass(frozen=True)
class PhotoRectangle:
    """Where the photo lies in a region: lower left corner and size, px."""

    left: float
    bottom: float
    width: float
    height: float

    def placer(self, image_size: tuple[int, int]) -> Callable[[Point], Point]:
        """Pixels of the upright photo (y down) → px of the region (y up)."""
        across, down = self.width / image_size[0], self.height / image_size[1]
        return lambda point: (self.left + point[0] * across, self.bottom + self.height - point[1] * down)


def start_drawing() -> None:
    """Draw in every 3D view from now on; not where Blender has no window."""
    if not bpy.app.background:
        _handles.append(bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL"))


def stop_drawing() -> None:
    """Take it back."""
    _texture.clear()
    while _handles:
        bpy.types.SpaceView3D.draw_handler_remove(_handles.pop(), "WINDOW")


def _draw() -> None:
    context: Any = bpy.context
    if context.scene is None or context.region is None or context.space_data is None:
        return
    run = fit_runs().current
    settings = settings_of(context.scene)
    if run is None and not (settings.show_keypoints and _looks_through_photo_camera(context)):
        return
    choices = choices_of(context.scene, engine_of(context))
    _, inspection = inspection_for(choices)
    size = run.image_size if run is not None and run.image_size[0] else _size(inspection)
    if size is None or not context.space_data.overlay.show_overlays:
        return
    rectangle = _camera_rectangle(context, size)
    if rectangle is None:
        if run is None:
            return
        rectangle = _inset(context, size)
        _draw_photo(choices.photo, rectangle)
    place = rectangle.placer(size)
    if settings.show_keypoints and not shown_objects(context):
        _draw_found(inspection, settings.person, place)
    if run is not None:
        _draw_sticks(_live(run), place, LIVE_WIDTH)


def _draw_found(inspection: Inspection | None, chosen: int, place: Callable[[Point], Point]) -> None:
    for strength, people in _found(inspection, chosen):
        for person in people:
            _draw_sticks(sticks_of_keypoints(person.keypoints, strength), place, FOUND_WIDTH)
            if inspection is not None and len(inspection.people) > 1 and person.box is not None:
                _draw_number(person.number + 1, place((person.box[0], person.box[1])), strength)


def _draw_number(number: int, corner: Point, strength: float) -> None:
    """As the buttons of the person picker count."""
    import blf

    scale = cast("Any", bpy.context).preferences.system.ui_scale
    blf.size(0, NUMBER_SIZE * scale)
    blf.color(0, 1.0, 1.0, 1.0, min(1.0, strength + 0.2))
    blf.position(0, corner[0], corner[1] + 4 * scale, 0)
    blf.draw(0, str(number))


def _live(run: FitRun) -> list[Stick]:
    return sticks_of_points(run.job.points) if run.job.points else []


def _size(inspection: Inspection | None) -> tuple[int, int] | None:
    return inspection.facts.image_size if inspection is not None else None


def _found(inspection: Inspection | None, chosen: int) -> list[tuple[float, list[FoundPerson]]]:
    """People with how strongly they are drawn: those who are fitted, and the others."""
    if inspection is None:
        return []

    def is_chosen(person: FoundPerson) -> bool:
        return person.number == chosen or chosen == EVERYBODY or (chosen == MAIN_PERSON and person.is_main)

    people = inspection.people
    return [
        (OTHERS_STRENGTH, [person for person in people if not is_chosen(person)]),
        (FOUND_STRENGTH, [person for person in people if is_chosen(person)]),
    ]


def _view_camera(context: Any) -> bpy.types.Object | None:
    space: Any = context.space_data
    if space.region_3d is None or space.region_3d.view_perspective != "CAMERA":
        return None
    return space.camera if space.use_local_camera else context.scene.camera


def _looks_through_photo_camera(context: Any) -> bool:
    camera = _view_camera(context)
    if camera is None or camera.data is None or not camera.data.get(CAMERA_MARK):
        return False
    return bool(getattr(camera.data, "show_background_images", False))


def _camera_rectangle(context: Any, size: tuple[int, int]) -> PhotoRectangle | None:
    """Where the camera's frame lies in this view; None where it looks elsewhere or renders another shape than the photo."""
    from bpy_extras.view3d_utils import location_3d_to_region_2d

    camera, render = _view_camera(context), context.scene.render
    if camera is None or camera.type != "CAMERA":
        return None
    if abs(render.resolution_x / render.resolution_y * size[1] / size[0] - 1.0) > MAX_ASPECT_DIFFERENCE:
        return None
    data = cast("bpy.types.Camera", camera.data)
    top_right, _, bottom_left, _ = data.view_frame(scene=context.scene)
    place = camera.matrix_world.normalized()
    region, view = context.region, context.space_data.region_3d
    upper = location_3d_to_region_2d(region, view, place @ top_right)
    lower = location_3d_to_region_2d(region, view, place @ bottom_left)
    if upper is None or lower is None:
        return None
    return PhotoRectangle(lower.x, lower.y, upper.x - lower.x, upper.y - lower.y)


def _inset(context: Any, size: tuple[int, int]) -> PhotoRectangle:
    """The lower left corner of the view, right of the toolbar."""
    scale = context.preferences.system.ui_scale
    area, region = context.area, context.region
    toolbar = next((r.width for r in area.regions if r.type == "TOOLS"), 0)
    overlaps = context.preferences.system.use_region_overlap
    height = region.height * INSET_SHARE
    left = INSET_MARGIN * scale + (toolbar if overlaps and toolbar > 1 else 0)
    return PhotoRectangle(left, INSET_MARGIN * scale, height * size[0] / size[1], height)


def _draw_photo(photo: Any, rectangle: PhotoRectangle) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader
    from gpu_extras.presets import draw_texture_2d

    left, bottom = rectangle.left, rectangle.bottom
    right, top = left + rectangle.width, bottom + rectangle.height
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    corners = [(left - 2, bottom - 2), (right + 2, bottom - 2), (right + 2, top + 2), (left - 2, top + 2)]
    gpu.state.blend_set("ALPHA")
    shader.uniform_float("color", FRAME)
    batch_for_shader(shader, "TRIS", {"pos": corners}, indices=[(0, 1, 2), (0, 2, 3)]).draw(shader)
    texture = _photo_texture(photo)
    if texture is not None:
        draw_texture_2d(texture, (left, bottom), rectangle.width, rectangle.height)
    gpu.state.blend_set("NONE")


def _photo_texture(photo: Any) -> Any:
    import gpu

    key = str(photo)
    if key not in _texture:
        pixels = preview_pixels(photo) if photo is not None else None
        if pixels is None:
            return None
        types: Any = gpu.types
        buffer = types.Buffer("FLOAT", pixels.size, pixels.ravel())
        _texture.clear()
        _texture[key] = types.GPUTexture((pixels.shape[1], pixels.shape[0]), format="RGBA16F", data=buffer)
    return _texture[key]


def _draw_sticks(sticks: Sequence[Stick], place: Callable[[Point], Point], width: float) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    if not sticks:
        return
    shader = gpu.shader.from_builtin("POLYLINE_SMOOTH_COLOR")
    ends = [(*place(end), 0.0) for stick in sticks for end in (stick.start, stick.end)]
    colours = [stick.colour for stick in sticks for _ in range(2)]
    batch = batch_for_shader(shader, "LINES", {"pos": ends, "color": colours})
    gpu.state.blend_set("ALPHA")
    shader.bind()
    shader.uniform_float("viewportSize", cast("Any", gpu.state.viewport_get())[2:])
    shader.uniform_float("lineWidth", width * cast("Any", bpy.context).preferences.system.ui_scale)
    batch.draw(shader)
    gpu.state.blend_set("NONE")
