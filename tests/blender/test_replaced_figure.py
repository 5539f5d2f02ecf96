"""A fit brought into the scene in an earlier figure's place: whole or not at all, and wherever the user has put that figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.synthetic_result import random_person, write_result

KINDS = ("objects", "meshes", "armatures", "cameras", "collections", "actions", "materials", "shape_keys")


@pytest.fixture
def place(bpy: ModuleType, tmp_path: Path) -> Callable[..., Any]:
    """Places the one person of a folder, given the armature that makes room."""
    from smplify_blender.scene.placing.place_fit import FitPlacement, place_fit

    folder = write_result(tmp_path / "photo", [random_person(1)])
    (folder / "summary.json").unlink()

    def place_person(replaces: Any = None) -> Any:
        context = bpy.context
        placement = FitPlacement(folder, "token", replaces=replaces)
        return place_fit(context.scene, context.view_layer, placement).figures[0]

    return place_person


def test_a_damaged_summary_leaves_the_scene_as_it_was(
    bpy: ModuleType, place: Callable[..., Any], tmp_path: Path
) -> None:
    from smplify_blender.result.errors import ResultError

    (tmp_path / "photo" / "summary.json").write_text("{")
    with pytest.raises(ResultError, match=r"summary\.json is damaged"):
        place()
    assert {kind: len(getattr(bpy.data, kind)) for kind in KINDS} == dict.fromkeys(KINDS, 0)


def move_to(collection: Any, figure: Any) -> None:
    for thing in (figure.armature, figure.mesh):
        for home in list(thing.users_collection):
            home.objects.unlink(thing)
        if collection is not None:
            collection.objects.link(thing)


def cast_of_characters(bpy: ModuleType) -> Any:
    collection = bpy.data.collections.new("Characters")
    bpy.context.scene.collection.children.link(collection)
    collection.objects.link(bpy.data.objects.new("Prop", None))
    return collection


PLACES: dict[str, Callable[[ModuleType], Any]] = {
    "in a collection of the user's": cast_of_characters,
    "in the scene's own": lambda bpy: bpy.context.scene.collection,
}


@pytest.mark.parametrize("where", PLACES)
def test_a_figure_that_was_moved_makes_room(bpy: ModuleType, place: Callable[..., Any], where: str) -> None:
    figure = place()
    before = np.array(figure.armature.location)
    figure.armature.name = "Hero"
    move_to(PLACES[where](bpy), figure)
    again = place(figure.armature)
    assert again.armature.name == "Hero" and len(bpy.data.armatures) == 1
    np.testing.assert_allclose(np.array(again.armature.location), before, atol=1e-6)
    names = {collection.name for collection in bpy.data.collections}
    assert not names & {"Characters.001", "Scene Collection"}


def test_a_figure_in_no_collection_is_told(place: Callable[..., Any]) -> None:
    from smplify_blender.result.errors import ResultError

    figure = place()
    move_to(None, figure)
    with pytest.raises(ResultError, match="include its collection first"):
        place(figure.armature)


def test_a_collection_that_was_renamed_keeps_its_name(bpy: ModuleType, place: Callable[..., Any]) -> None:
    figure = place()
    figure.armature.users_collection[0].name = "Hero's"
    assert [home.name for home in place(figure.armature).armature.users_collection] == ["Hero's"]
