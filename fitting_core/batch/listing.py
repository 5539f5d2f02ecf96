"""The photos and clips of a batch: found, named, given their requests, and compared with what an earlier run has done."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fitting_core.arguments.batch_parser import clip_request, left_out_of_clips
from fitting_core.arguments.parser import request_of
from fitting_core.arguments.photo_folder import (
    content_of,
    content_under,
    nested_output_names,
    output_names,
)
from fitting_core.batch.fingerprint import fingerprint
from fitting_core.batch.hand_over import HandOver, ListedItem
from fitting_core.batch.item import AnyItem, ClipItem, PhotoItem
from fitting_core.batch.keypoint_frames import frames_of_photos
from fitting_core.batch.manifest import Finished, Manifest
from fitting_core.batch.messages import BatchMessenger
from fitting_core.batch.output import BatchOutput
from fitting_core.batch.placed import at_hand, has_placed_input, placed_fit, placed_sequence
from fitting_core.errors import FittingError, PhotoError, RequestError
from fitting_core.photo.encoding import has_pillow
from fitting_core.results.shared_body import BODIES
from fitting_core.sequence.frames.keypoint_frames import keypoints_named_after
from fitting_core.sequence.frames.movie import can_read_movies
from fitting_core.storage.store import side_by_side


@dataclass(frozen=True, eq=False)
class Listing:
    """The photos and the clips of a batch, in the order of the table."""

    photos: tuple[PhotoItem, ...]
    clips: tuple[ClipItem, ...]

    @property
    def items(self) -> tuple[AnyItem, ...]:
        """All of them."""
        return (*self.photos, *self.clips)

    @property
    def words(self) -> str:
        """Their numbers, such as "3 photos and 1 clip"."""
        counts = ((len(self.photos), "photo"), (len(self.clips), "clip"))
        return " and ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count)


def list_folder(options: argparse.Namespace) -> Listing:
    """Find the photos and clips of a folder. Raises RequestError where there are none."""
    folder: Path = options.photos
    with_clips = not options.no_clips
    if options.nested:
        content = content_under(folder, options.out, with_clips)
        photo_names = nested_output_names(content.photos, folder)
        clip_names = nested_output_names(content.clips, folder, photo_names)
    else:
        content = content_of(folder, with_clips)
        photo_names = output_names(content.photos)
        clip_names = output_names(content.clips, photo_names)
    return Listing(
        tuple(
            PhotoItem(path, _label(path, folder), name)
            for path, name in zip(content.photos, photo_names, strict=True)
        ),
        tuple(
            ClipItem(path, _label(path, folder), name)
            for path, name in zip(content.clips, clip_names, strict=True)
        ),
    )


def _label(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def prepare(listing: Listing, options: argparse.Namespace, manifest: Manifest, output: BatchOutput) -> None:
    """Give every item its request or its problem, and its line if an earlier run has done it.

    Raises RequestError for nonsense that is the same for all.
    """
    photos = [item.path for item in listing.photos]
    if photos:
        frames = frames_of_photos(options.keypoints, photos, options.frame)
        for item, frame in zip(listing.photos, frames, strict=True):
            _prepare_photo(item, options, frame)
    _prepare_clips(listing, options)
    if options.again:
        return
    items = [item for item in listing.items if item.request is not None]
    earlier = [manifest.done(item.label) for item in items]

    def look(pair: tuple[AnyItem, Finished | None]) -> Finished | None:
        return _finished_before(*pair, output)

    pairs = list(zip(items, earlier, strict=True))
    is_far = output.is_far or options.places is not None
    for item, found in zip(items, side_by_side(look, pairs) if is_far else map(look, pairs), strict=True):
        item.finished = None if found is None else found.row
        if isinstance(item, PhotoItem):
            item.is_companion = found is not None and found.by_stopped_run


def _prepare_photo(item: PhotoItem, options: argparse.Namespace, frame: int | None) -> None:
    own = {
        "photo": item.path,
        "keypoints": options.keypoints,
        "out": options.out / item.name,
        "frame": frame,
    }
    try:
        request = request_of(argparse.Namespace(**(vars(options) | own)))
        request = replace(request, write_views=request.write_overlay, bodies=options.out / BODIES)
        item.request = placed_fit(request, options.places)
    except RequestError:
        raise
    except FittingError as problem:
        item.problem = problem
    except (OSError, ValueError) as problem:  # a name that this system cannot look for
        item.problem = PhotoError(f"{item.path.name}: cannot be looked at ({problem}). Rename the photo.")


def _prepare_clips(listing: Listing, options: argparse.Namespace) -> None:
    where: Path | None = options.keypoints
    if where is not None and not where.is_dir() and not listing.photos and len(listing.clips) > 1:
        raise RequestError(
            f"--keypoints {where}: one file is of one clip, and there are {len(listing.clips)}. Give the folder of their files."
        )
    left_out = left_out_of_clips(options)
    is_handed = options.hand_over is not None and not can_read_movies()
    draws = not options.no_overlay and (is_handed or (can_read_movies() and has_pillow()))
    for item in listing.clips:
        keypoints = None if options.detect else _keypoints_of_clip(item, where, alone=len(listing.items) == 1)
        request = clip_request(options, item.path, options.out / item.name, keypoints, draws)
        item.request = placed_sequence(replace(request, bodies=options.out / BODIES), options.places)
        if left_out:
            item.notes.append(
                f"fitted without {', '.join(left_out)}: {'this is' if len(left_out) == 1 else 'these are'} for photos"
            )


def _keypoints_of_clip(item: ClipItem, where: Path | None, alone: bool) -> Path | None:
    """Return where a clip's keypoints lie: by its name in the folder that the user names, else beside it."""
    if where is None:
        return keypoints_named_after(item.path, item.path.parent)
    if where.is_dir():
        return keypoints_named_after(item.path, where)
    return where if alone else keypoints_named_after(item.path, item.path.parent)


def wait_for_hand_over(listing: Listing, folder: Path, messenger: BatchMessenger) -> None:
    """Say to the program beside what there is to do, wait for its leave, and let items ask it for what they need.

    Raises RequestError where the program refuses.
    """
    hand_over = HandOver(folder, messenger.wanted)
    hand_over.watch()
    hand_over.wait_to_begin(
        [ListedItem(item.label, item.name, isinstance(item, ClipItem)) for item in listing.items]
    )
    needs_help = {PhotoItem: not has_pillow(), ClipItem: not can_read_movies()}

    def asking(number: int) -> Callable[[str], Path]:
        return lambda kind: hand_over.ask(f"{number}.{kind}")

    for number, item in enumerate(listing.items):
        if needs_help[type(item)]:
            item.ask = asking(number)


def _finished_before(item: AnyItem, earlier: Finished | None, output: BatchOutput) -> Finished | None:
    """Give an item its fingerprint, and return how an earlier run has finished it.

    None if its files or options have changed since, or its result is not there any more.
    """
    assert item.request is not None, "only items with a request are looked at"
    is_done = earlier is not None and (earlier.row.status, earlier.row.folder) == ("done", item.name)
    if not has_placed_input(item.request):
        item.fingerprint = fingerprint(item.request)
    elif is_done:  # others are copied when their turn comes
        item.fingerprint = _far_fingerprint(item.request)
    if earlier is None or not is_done or earlier.fingerprint != item.fingerprint:
        return None
    return earlier if output.holds(item.name) else None


def _far_fingerprint(request: Any) -> str:
    """Return the fingerprint of a request whose files have to be copied; empty where they cannot be, which its turn will tell."""
    try:
        with at_hand(request) as near:
            return near.fingerprint
    except FittingError:
        return ""
