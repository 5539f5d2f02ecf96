"""In a real Blender window: a movie is chosen, fitted, watched, its motion changed, a frame mended, all of it undone; Esc.

BLENDER --enable-event-simulate --python-exit-code 1 --python video_in_window.py -- DRIVER_FOLDER MOVIE SHOTS
"""

import sys
from pathlib import Path

import bpy

driver_folder, movie, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
import clips  # noqa: E402 - found through the line above
from window_steps import editor, extension, fit_by, open_panel, points, press, rest, row, run  # noqa: E402 - found through the line above


def settings():
    return bpy.context.scene.smplify


def runs():
    return extension("session.fit_run").fit_runs()


def figures():
    return [thing for thing in bpy.data.objects if thing.type == "ARMATURE"]


def keys():
    curves = extension("scene.motion.action_curves").object_curves(figures()[0])
    return sum(len(curve.keyframe_points) for curve in curves)


def undo(d):
    with d.ctx("WINDOW"):
        bpy.ops.ed.undo()


def facts():
    render = bpy.context.scene.render
    return (render.fps, round(render.fps_base, 6), bpy.context.scene.frame_end, render.resolution_x)


def choose(d):
    """The movie, and its keypoints, which are found beside it."""
    pictures = sorted((Path(movie).parent / "frames").glob("*.png"))
    clips.encode_movie(bpy, Path(movie), pictures, (30, 1.001), (900, 1200))
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    open_panel(bpy.types.SMPLIFY_PT_motion)
    yield from d.open_tab("SMPLify")
    yield from press(d, "photo_source", 0.85)
    yield lambda: settings().photo_source == "VIDEO"
    yield from rest(d, "video_empty")
    settings().clip_path = movie
    assert settings().clip_keypoints.endswith("dance_keypoints")
    yield from rest(d, "video_ready")


def look(d):
    """Who is in it, with small pictures; the first one is chosen."""
    yield from press(d, "look_at_clip", 0.4)
    yield lambda: runs().current is None and bool(tracks())
    assert [(track.number, track.last_frame) for track in tracks()] == [(0, 7)]
    icon = extension("session.photo_preview").person_icon(Path(movie), 0)
    assert icon and not runs().error, runs().error
    yield from press(d, "choose_person", 0.4)
    yield lambda: settings().clip_person == 0
    yield from rest(d, "video_people")


def tracks():
    looks, choices = extension("session.clip_looks"), extension("settings.scene_choices")
    chosen = choices.clip_choices_of(bpy.context.scene, choices.engine_of(bpy.context))
    return looks.clip_looks().tracks(looks.look_key(chosen))


def give_up(d):
    yield from press(d, "fit_clip", 0.4)
    yield lambda: runs().current is not None
    yield 0.4
    yield from d.key("ESC")
    yield lambda: runs().current is None
    assert not figures() and not runs().error, runs().error


def fit(d):
    with d.ctx("WINDOW"):
        bpy.ops.ed.undo_push(message="before the fit")
    yield from press(d, "fit_clip", 0.4)
    yield lambda: runs().current is not None
    yield lambda: bool(runs().current.job.id)  # the frames are read, and the core has been asked
    d.shot("video_running")
    for _ in range(120):
        if figures() or runs().error:
            break
        yield 1.0
    assert figures(), runs().error
    yield lambda: runs().current is None
    assert facts() == (30, 1.001, 8, 900), facts()
    bpy.context.scene.frame_set(5)
    yield 0.5
    yield from rest(d, "video_result")


def slide(d):
    """The sliders of the motion, by a drag across the first of them; the raw take is kept."""
    before = keys()
    sliders = figures()[0].smplify_motion
    x, y = yield from d.find("smoothness", 0.3)
    yield from d.move(x, y)
    d.win.event_simulate(type="LEFTMOUSE", value="PRESS", x=x, y=y)
    for step in range(1, 9):
        d.win.event_simulate(type="MOUSEMOVE", value="NOTHING", x=x + 8 * step, y=y)
        yield 0.1
    d.win.event_simulate(type="LEFTMOUSE", value="RELEASE", x=x + 64, y=y)
    yield lambda: sliders.smoothness > 0.1
    yield from rest(d, "video_sliders")
    assert [track.name for track in figures()[0].animation_data.nla_tracks] == ["Raw take"]
    undo(d)
    yield lambda: figures()[0].smplify_motion.smoothness == 0.0
    assert keys() == before and not figures()[0].animation_data.nla_tracks


def reduce(d):
    dense = keys()
    with d.ctx("WINDOW"):
        assert bpy.ops.smplify.reduce_keys("EXEC_DEFAULT", True, most_mm=20.0, most_degrees=10.0) == {
            "FINISHED"
        }
    assert keys() < dense
    d.area().spaces.active.show_region_hud = True
    yield from rest(d, "video_motion")
    undo(d)
    yield lambda: keys() == dense


def carry(d):
    """The walk goes onto the object by the right one of two buttons."""
    carrier = extension("scene.motion.root_motion").root_motion_of
    yield from press(d, "root_motion", 0.8)
    yield lambda: carrier(figures()[0]) == "OBJECT"
    yield from rest(d, "video_root_motion")
    undo(d)
    yield lambda: carrier(figures()[0]) == "BONE"


def mend(d):
    """A frame's keypoints over the video by its button; an elbow is put higher, and the motion is fitted around it."""

    def elbow():
        figure = figures()[0]
        return (figure.matrix_world @ figure.pose.bones["forearm.L"].head).z

    before = elbow()
    yield from press(d, "edit_frame", 0.4)
    yield lambda: editor().mode == "EDIT"
    keypoints, at = points(), row("left_elbow")
    place = keypoints.points[at] - [0.0, 60.0]
    changed = keypoints.moved([at], place[None]).with_pins([at], True)
    extension("scene.keypoints.mesh").write_keypoints(editor(), changed)
    yield from rest(d, "video_mending")
    yield from fit_by(d, "fit_keypoints", 0.4)
    yield lambda: elbow() > before + 0.02
    assert not [thing for thing in bpy.data.objects if "smplify_keypoints" in thing]
    yield from rest(d, "video_mended")


def undo_all(d):
    """Back to before the fit, however many steps the mended frame has made."""
    for _ in range(10):
        undo(d)
        yield 0.3
        if not figures():
            return
    raise AssertionError("the figure is still there after ten steps back")


def test(d):
    before = facts()
    yield from choose(d)
    yield from look(d)
    yield from give_up(d)
    yield from fit(d)
    yield from slide(d)
    yield from reduce(d)
    yield from carry(d)
    yield from mend(d)
    yield from undo_all(d)
    assert len(bpy.data.scenes) == 1 and facts() == before, (facts(), before)
    d.log("ALL GOOD")


run(test, shots)
