# pyright: basic
"""A fit's result folder in, figures before the right camera out: new ones, or those of the same people, changed in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import bpy

from ...result.errors import ResultError
from ...result.figure_names import number_in
from ...result.read_report import FitReport, read_report
from ...result.read_result import read_person, read_result
from ...result.result_folder import Person, ResultFolder
from ..figure.build import BuildPlan, BuiltResult, Figure, bring_in
from ..figure.figure_body import FigureAsMade, figure_as_made
from ..figure.lookup import body_of, camera_of, figure_of, place_facts, store_report, stored_group
from ..figure.solutions import KeptFit, Take, store_solutions
from ..figure.update import can_take
from ..photo.camera_site import CameraSite, find_site, scene_camera_site
from ..photo.plate import MARK as PLATE_MARK
from ..photo.plate import photo_mark
from .beside import footprints
from .earlier_site import photo_collection_of, site_of_earlier
from .floor import NO_FLOOR, Floor, floor_of, forget_floor, remember_floor


@dataclass(frozen=True)
class FitPlacement:
    """A fit and the place that it goes to. `take` counts from 0; `token` names the fit in this session.

    `scene_camera` is the user's own, before which the figures stand, on `floor`; else they stand before the photo's. `replaces`
    is the armature of a figure that is fitted again; without it the figures of the same people in the same photo are, unless
    they are to be a `copy`. `people` are the numbers in the file names of those who are wanted, none for everybody; `file_name`
    is one person's or take's file, empty for none. `name` is the photo's, empty for the folder's; `frame` is that of new keys,
    and `choices` are those of the fit as plain values. `meets_scene`: size and place are those of the fit, which has met the
    things before the camera that is there. `needs_report`: a damaged summary.json is refused; else the figures come
    without a report.
    """

    folder: Path
    token: str
    take: int = 0
    scene_camera: bpy.types.Object | None = None
    set_camera: bool = False
    replaces: bpy.types.Object | None = None
    floor: Floor = NO_FLOOR
    copy: bool = False
    people: tuple[int, ...] = ()
    file_name: str = ""
    name: str = ""
    frame: int = 1
    choices: Mapping[str, Any] = field(default_factory=dict[str, Any])
    needs_report: bool = True
    meets_scene: bool = False


def place_fit(
    scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer, placement: FitPlacement
) -> BuiltResult:
    """Bring the figures in, all or nothing. Raises `ResultError`; `view_layer` has to be the context's, in object mode."""
    result, people = _read(placement)
    # read before anything is built: a damaged summary.json must not leave figures behind
    kept = {person.file_name: kept_fit(result, person, placement) for person in people}
    numbers = {name: number_of(fit) for name, fit in kept.items()}
    view_layer.update()  # the cameras' places are asked below
    earlier = _earlier(scene, view_layer, placement, kept)
    existing = {name: made for name, made in earlier.items() if can_take(made, result.bodies[name])}
    hidden = [made.armature for name, made in earlier.items() if name not in existing]
    site, moves = _site(scene, result, placement, list(existing.values()))
    site_of_plan = _unmoved(site) if site is not None and placement.meets_scene else site
    mark = next(iter(kept.values())).photo_mark
    plan = BuildPlan(
        set_camera=placement.set_camera
        and (placement.replaces is None or site is None or site.camera is None),
        site=site_of_plan,
        existing=existing,
        name=placement.name,
        numbers=numbers,
        frame=placement.frame,
        occupied=footprints(_bodies_of_others(scene, mark), bpy.context.evaluated_depsgraph_get()),
        moves=moves,
    )
    built = bring_in(result, people, scene, view_layer, plan)
    for figure in built.figures:
        _remember(figure, kept[figure.person.file_name], placement, built, site)
    for old in hidden:
        _hide(old, view_layer)
    return replace(built, notes=(*built.notes, *(f"“{old.name}” {HIDDEN}" for old in hidden)))


def _unmoved(site: CameraSite) -> CameraSite:
    """Return a site before which figures stay where the fit has them."""
    return replace(site, may_move=False, floor=NO_FLOOR, shares_floor=False)


HIDDEN = "has other bones than the new body and cannot take it over. It is hidden, with all that you have made of it."


def kept_fit(result: ResultFolder, person: Person, placement: FitPlacement) -> KeptFit:
    """Read a person's report and takes from their folder. Raises `ResultError` where they are damaged."""
    report = _report(result, person, placement)
    names = report.takes if report is not None and person.file_name in report.takes else (person.file_name,)
    takes: dict[str, Take] = {}
    for name in names:
        one = person if name == person.file_name else read_person(result.folder, name, result.body_of(person))
        own = _report(result, one, placement)
        takes[name] = Take(one, own.limbs if own is not None else ())
    mark = photo_mark(result.photo, result.camera.photo_orientation) if result.photo is not None else ""
    photo_name = f"{placement.name or result.name}{result.photo.suffix}" if result.photo is not None else ""
    return KeptFit(person.file_name, report, takes, result.camera, mark, photo_name, placement.choices)


def _report(result: ResultFolder, person: Person, placement: FitPlacement) -> FitReport | None:
    try:
        return read_report(result.folder, person.file_name, person.keypoint_residual_px)
    except ResultError:
        if placement.needs_report:
            raise
        return None


def number_of(kept: KeptFit) -> int:
    """Return a person's number in the photo, from 0."""
    return kept.report.number if kept.report is not None else number_in(kept.file_name)


def _read(placement: FitPlacement) -> tuple[ResultFolder, tuple[Person, ...]]:
    """Read the folder with the wanted take of its first person, and those who are wanted of it.

    A person without that many takes keeps the best one.
    """
    take = f"person_00_take_{placement.take}.npz" if placement.take else placement.file_name
    result = read_result(placement.folder, take if take and (placement.folder / take).is_file() else None)
    named = tuple(person for person in result.people if person.file_name == placement.file_name)
    return result, named or _people(result, placement.people)


def _people(result: ResultFolder, numbers: Sequence[int]) -> tuple[Person, ...]:
    """Return the people with these numbers in their file names; everybody if none is named."""
    if not numbers:
        return result.people
    by_number = {number_in(person.file_name): person for person in result.people}
    for number in numbers:
        if number not in by_number:
            raise ResultError(
                f"{result.folder} has no person {number}. It has {', '.join(map(str, by_number))}."
            )
    return tuple(by_number[number] for number in dict.fromkeys(numbers))


def _earlier(
    scene: bpy.types.Scene,
    view_layer: bpy.types.ViewLayer,
    placement: FitPlacement,
    kept: Mapping[str, KeptFit],
) -> dict[str, FigureAsMade]:
    """Return the figures that are fitted again, by file name. Raises `ResultError` for one that cannot be changed in place."""
    if placement.copy:
        return {}
    if placement.replaces is not None:
        return {next(iter(kept)): figure_as_made(placement.replaces, view_layer)}
    found = {name: _same_person(scene, view_layer, fit) for name, fit in kept.items()}
    return {
        name: figure_as_made(armature, view_layer) for name, armature in found.items() if armature is not None
    }


def _same_person(
    scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer, kept: KeptFit
) -> bpy.types.Object | None:
    """Return the figure of this person in this photo: of several the active one, else the last."""
    if not kept.photo_mark:
        return None
    found = [
        thing
        for thing in _figures(scene)
        if photo_mark_of(thing) == kept.photo_mark
        and stored_group(thing).whole("number") == number_of(kept)
        and thing.name in view_layer.objects
    ]
    active = figure_of(view_layer.objects.active)
    return active if active in found else next(iter(found[::-1]), None)


def photo_mark_of(armature: bpy.types.Object) -> str:
    """Return the mark of the photo that a figure was fitted to; empty where it is not known."""
    stored = stored_group(armature).text("photo")
    camera = camera_of(armature)
    if stored or camera is None:
        return stored
    images = [background.image for background in camera.data.background_images]  # type: ignore[union-attr]
    mark = images[0].get(PLATE_MARK) if len(images) == 1 and images[0] is not None else None
    return mark if isinstance(mark, str) else ""


def _figures(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    return [thing for thing in scene.objects if thing.type == "ARMATURE" and figure_of(thing) == thing]


def _bodies_of_others(scene: bpy.types.Scene, mark: str) -> list[bpy.types.Object]:
    """Return the bodies of the figures of other photos."""
    others = [figure for figure in _figures(scene) if not mark or photo_mark_of(figure) != mark]
    return [body for body in map(body_of, others) if body is not None]


def _site(
    scene: bpy.types.Scene, result: ResultFolder, placement: FitPlacement, earlier: list[FigureAsMade]
) -> tuple[CameraSite | None, bool]:
    """Return the camera that the figures go before, and whether earlier ones go there from another."""
    if not earlier:
        if placement.scene_camera is not None:
            return scene_camera_site(placement.scene_camera, placement.floor), False
        return find_site(scene, result), False
    first = earlier[0].armature
    before = camera_of(first)
    if placement.scene_camera is not None:
        site = scene_camera_site(placement.scene_camera, placement.floor, photo_collection_of(first))
        return site, before is not None and before != site.camera
    if floor_of(first) is not None:  # it stood before the user's own camera, and now goes before the photo's
        return find_site(scene, result), True
    return site_of_earlier(earlier, result, makes_camera=placement.replaces is None), False


def _remember(
    figure: Figure, kept: KeptFit, placement: FitPlacement, built: BuiltResult, site: CameraSite | None
) -> None:
    shown = figure.person.file_name
    report = kept.report
    facts = place_facts(built.world_from_camera, figure.standing, built.shares_floor)
    facts |= {"token": placement.token, "photo": kept.photo_mark, "number": number_of(kept)}
    store_report(figure.armature, report, shown, facts)
    store_solutions(figure.armature, kept)
    if site is not None and site.is_users_own:
        remember_floor(figure.armature, site.floor)
    else:
        forget_floor(figure.armature)


def _hide(armature: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    for part in (armature, *armature.children_recursive):
        part.hide_render = True
        if part.name in view_layer.objects:
            part.hide_set(True, view_layer=view_layer)
