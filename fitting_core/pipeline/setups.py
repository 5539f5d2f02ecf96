"""The body and the priors of a fit, as a request asks for them; made once a process."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace

from fitting_core.arguments.request import DEFAULT_OBJECTIVE, FitRequest, ObjectiveRequest
from fitting_core.body_model.capsules.fit_capsules import body_capsules
from fitting_core.body_model.capsules.penetration import prepare_penetration
from fitting_core.body_model.model_file import load_body_model
from fitting_core.body_model.model_paths import offered_genders
from fitting_core.body_model.point_model import point_model
from fitting_core.errors import FittingError, RequestError
from fitting_core.eyes.networks import load_networks, network
from fitting_core.files.computed_once import computed_once
from fitting_core.fitting.presets import with_preset
from fitting_core.fitting.priors.choice import chosen_pose_prior
from fitting_core.fitting.priors.measurements import measurements
from fitting_core.fitting.priors.open import open_hand_prior, open_lifter, open_start_poses
from fitting_core.fitting.scene.contacts import SceneContacts
from fitting_core.fitting.scene.in_scene import setup_in_scene
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stages import START_POSE_COUNT, stages_keeping, with_bend_prior
from fitting_core.results.body_file import body_file
from fitting_core.results.previous import gender_of_start


def preload_open_body() -> None:
    """Load the open body and its priors, so that the first fit of a resident process does not wait for them."""
    _default_setup("neutral")


def preload_default_fit() -> None:
    """Load and make what else a fit with default options needs once a process: the child's body, by which the gender is chosen,
    the network that looks at limbs, the body's parts, and the bytes of body.npz.
    """
    _default_setup("child")
    network("body")
    model = _default_setup("neutral").points.model
    prepare_penetration(model)
    body_file(model)


def load_ahead(request: FitRequest) -> None:
    """Begin to load, in a thread beside the reading of the photo, what the fit of a request and its files will need.

    A failure is not told here: whoever needs what could not be loaded meets the same one.
    """
    threading.Thread(target=_load_for, args=(request,)).start()


def _load_for(request: FitRequest) -> None:
    with suppress(Exception):
        if request.keypoints is None and request.detector is None:
            load_networks()
        own = _setup_of(request, _first_gender(request))
        with suppress(FittingError):  # a model of a user's own may have no child's body
            if may_choose_body(request):
                _setup_of(request, "child")
        prepare_penetration(own.points.model)
        body_file(own.points.model)


def may_choose_body(request: FitRequest) -> bool:
    """Return True if each person's body is left to the fit.

    Losses of a paper's preset are no likelihoods, and a refit keeps the body of its start.
    """
    return request.gender == "automatic" and request.start is None and request.objective.preset == "default"


def _setup_of(request: FitRequest, gender: str) -> FitSetup:
    return fit_setup(request.model, gender, request.takes, request.interpenetration, request.objective)


def _default_setup(gender: str) -> FitSetup:
    """Return the setup of a fit with default options, by the very arguments that `requested_setup` has for it."""
    return fit_setup("open", gender, 1, True, DEFAULT_OBJECTIVE)


@computed_once(most=8)
def fit_setup(
    model: str = "open",
    gender: str = "neutral",
    takes: int = 1,
    interpenetration: bool = True,
    objective: ObjectiveRequest = DEFAULT_OBJECTIVE,
) -> FitSetup:
    """Return the body and the priors of a fit that keeps enough solutions for so many takes."""
    body = load_body_model(model, gender, objective.betas)
    setup = FitSetup(
        points=point_model(body),
        pose_prior=chosen_pose_prior(objective.pose_prior),
        hand_prior=open_hand_prior(),
        start_poses=open_start_poses()[:START_POSE_COUNT],
        lifter=open_lifter(),
        take_stages=stages_keeping(takes),
        capsules=body_capsules(body) if interpenetration else None,
    )
    if objective.preset != "default":
        return with_preset(setup, objective.preset, objective.side_view, takes)
    if objective.bend_prior:
        return replace(
            setup,
            stages=with_bend_prior(setup.stages),
            warm_stages=with_bend_prior(setup.warm_stages),
            take_stages=with_bend_prior(setup.take_stages),
        )
    return setup


def requested_setup(
    request: FitRequest, gender: str | None = None, scene: SceneContacts | None = None
) -> FitSetup:
    """Return the setup of a request, held to the known height and weight; with the body of another gender if one is given, and
    among the things of a scene if there is one.

    Raises RequestError where the body cannot measure that, or the model has one gender and all were to be compared.
    """
    _check_genders(request)
    body = gender or _first_gender(request)
    setup = _setup_of(request, body)
    height_m = None if request.shape.height_cm is None else request.shape.height_cm / 100.0
    wanted = measurements(setup.points.model, height_m, request.shape.weight_kg)
    setup = setup if wanted is None else replace(setup, measurements=wanted)
    return setup if scene is None else setup_in_scene(setup, scene)


def _first_gender(request: FitRequest) -> str:
    """Return the gender of the body that is fitted first: the request's, else that of a result of ours it starts from, else
    neutral.
    """
    if request.gender != "automatic":
        return request.gender
    if request.start is None:
        return "neutral"
    from fitting_core.conversion.start_pose import is_own_result  # reads any file: 25 ms of imports

    if not is_own_result(request.start):
        return "neutral"
    return gender_of_start(request.start)


def genders_to_compare(request: FitRequest) -> tuple[str, ...]:
    """Return the genders that the model offers, if they are to be compared; else none."""
    return offered_genders(request.model) if request.shape.compare_genders else ()


def _check_genders(request: FitRequest) -> None:
    """Raise RequestError if genders are to be compared and the model has one body only."""
    if request.shape.compare_genders and len(offered_genders(request.model)) < 2:
        raise RequestError(
            f"--compare-genders: {request.model} holds one body only. Give the folder with the files of all genders as --model."
        )
