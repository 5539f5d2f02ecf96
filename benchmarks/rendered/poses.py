"""The poses of the rendered photos: plain ones made by rules, with a little chance in every angle, and held-out clips.

Angles are degrees about the axes of the parent (x to the body's left, y up, z forward). A thigh is lifted by a negative turn
about x, a knee bent by a positive one, the left arm lowered by a negative turn about z and its elbow bent by one about y.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.rendered.limbs import flatten_feet, fold_leg
from benchmarks.rendered.resting import Rest, rest_hand
from fitting_core.arrays import NumpyArray
from fitting_core.body_model import joints as joint_table
from fitting_core.body_model.body_model import BodyModel, joint_transforms
from fitting_core.body_model.joints import joint_index
from fitting_core.fitting.priors.open import open_hand_prior
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix
from tools.render_demo_photo.figure import Turns, turned

MOCAP = "held-out clips"


@dataclass(frozen=True, eq=False)
class PosedBody:
    """Rotation vectors (55, 3) of a body whose frame is upright: y up, z where it looked before its pose turned it."""

    rotations: NumpyArray
    sits: bool = False  # on a chair
    lies: bool = False


class _Figure:
    """A body while its pose is made: the angles so far, and chance."""

    def __init__(self, body: BodyModel, random: np.random.Generator) -> None:
        self.body, self.random = body, random
        self.rotations = np.zeros((body.joint_count, 3))
        self.size = float(np.ptp(body.v_template[:, 1])) / 1.7

    def turn(self, joint: str, *turns: tuple[str, float]) -> None:
        """Turn a joint, replacing its turns so far."""
        self.rotations[joint_index(joint)] = vector_from_matrix(turned(turns))

    def between(self, low: float, high: float) -> float:
        """Return a number drawn evenly between two."""
        return float(self.random.uniform(low, high))

    def about(self, deviation: float) -> float:
        """Return a normal number about zero, at most two deviations from it."""
        return float(np.clip(self.random.normal(0.0, deviation), -2 * deviation, 2 * deviation))

    def places(self) -> NumpyArray:
        """Return the joints (55, 3) as posed so far."""
        return joint_transforms(self.body, self.rotations, self.body.joints_template)[1]

    def rest_hand(self, side: str, joint: str, offset: tuple[float, float, float], rest: Rest) -> None:
        """Bring a wrist to a joint plus an offset in the body's frame, scaled with its size, and off the body's skin."""
        near = np.array(offset) + [self.about(0.012) for _ in range(3)]
        place = self.places()[joint_index(joint)] + self.size * near
        rest_hand(self.body, self.rotations, side, place, rest)

    def thigh(self, side: str) -> tuple[float, float, float]:
        """Return the direction from a hip to its knee."""
        places = self.places()
        x, y, z = (places[joint_index(f"{side}_knee")] - places[joint_index(f"{side}_hip")]).tolist()
        return x, y, z

    def legs(self, side: str, hip: Turns, knee: float) -> None:
        """Turn a hip and bend its knee."""
        self.turn(f"{side}_hip", *hip)
        self.turn(f"{side}_knee", ("x", knee))


_Direction = tuple[float, float, float]


def _rest(elbow: _Direction, fingers: _Direction, off: _Direction) -> Rest:
    return Rest(np.array(elbow), np.array(fingers), np.array(off))


def _outward(side: str) -> float:
    return 1.0 if side == "left" else -1.0


def _upright_legs(figure: _Figure) -> None:
    spread, turnout = figure.between(0.0, 5.0), figure.between(0.0, 14.0)
    for side in ("left", "right"):
        figure.legs(
            side, (("y", _outward(side) * turnout), ("z", _outward(side) * spread)), figure.between(0.0, 4.0)
        )


def _trunk(figure: _Figure, pitch: float = 0.0, yaw: float = 0.0, roll: float = 0.0) -> None:
    for joint in ("spine1", "spine2", "spine3"):
        figure.turn(
            joint, ("y", yaw / 3 + figure.about(1.0)), ("x", pitch / 3 + figure.about(1.0)), ("z", roll / 3)
        )
    figure.turn("neck", ("y", figure.about(5.0)), ("x", figure.about(4.0)))
    figure.turn("head", ("y", figure.about(8.0)), ("x", figure.about(5.0)), ("z", figure.about(3.0)))


def _hanging_arms(figure: _Figure) -> None:
    for side in ("left", "right"):
        out = _outward(side)
        figure.turn(f"{side}_collar", ("z", -out * figure.between(0.0, 6.0)))
        figure.turn(
            f"{side}_shoulder",
            ("y", out * figure.about(6.0)),
            ("x", figure.about(6.0)),
            ("z", -out * figure.between(68, 80)),
        )
        figure.turn(f"{side}_elbow", ("y", -out * figure.between(4, 26)), ("x", figure.between(-30, 30)))


def _standing(figure: _Figure) -> PosedBody:
    _upright_legs(figure)
    _trunk(figure, figure.about(2.0), figure.about(3.0))
    _hanging_arms(figure)
    flatten_feet(figure.body, figure.rotations)
    return PosedBody(figure.rotations)


def _contrapposto(figure: _Figure) -> PosedBody:
    """The weight on one straight leg, its hip pushed out; the other knee bent, the trunk bent back over the feet."""
    stands, rests = figure.random.permutation(["left", "right"]).tolist()
    tilt = _outward(stands) * figure.between(4.0, 9.0)
    figure.turn("pelvis", ("z", tilt), ("y", figure.about(6.0)))
    _trunk(figure, figure.about(2.0), figure.about(6.0), -1.6 * tilt)
    _hanging_arms(figure)
    lean = -_outward(stands) * figure.between(1.0, 4.0)
    figure.legs(stands, (("z", lean - tilt), ("y", _outward(stands) * 5.0)), figure.between(0.0, 3.0))
    knee = figure.between(22.0, 40.0)
    outward = _outward(rests) * figure.between(4.0, 12.0)
    figure.legs(rests, (("y", outward), ("x", -0.55 * knee), ("z", 0.5 * outward - tilt)), knee)
    flatten_feet(figure.body, figure.rotations, (stands,))
    return PosedBody(figure.rotations)


def _hands_on_hips(figure: _Figure) -> PosedBody:
    _upright_legs(figure)
    _trunk(figure, figure.about(2.0), figure.about(3.0))
    for side in ("left", "right"):
        out = _outward(side)
        rest = _rest((out, -0.1, -0.35), (-0.3 * out, -0.35, 0.9), off=(out, 0.0, 0.2))
        figure.rest_hand(side, "pelvis", (out * 0.20, 0.10, 0.02), rest)
    flatten_feet(figure.body, figure.rotations)
    return PosedBody(figure.rotations)


def _arms_crossed(figure: _Figure) -> PosedBody:
    _upright_legs(figure)
    _trunk(figure, figure.about(2.0), figure.about(3.0))
    above, below = figure.random.permutation(["left", "right"]).tolist()
    for side, offset in ((below, (0.11, -0.06, 0.18)), (above, (0.11, -0.02, 0.22))):
        out = _outward(side)
        rest = _rest((out, -1.0, 0.15), (-out, 0.15, 0.0), off=(0.0, 0.0, 1.0))
        figure.rest_hand(side, "spine3", (-out * offset[0], *offset[1:]), rest)
    flatten_feet(figure.body, figure.rotations)
    return PosedBody(figure.rotations)


def _walking(figure: _Figure) -> PosedBody:
    """Heel strike: one leg forward and nearly straight, the other behind and bent; the arms swing against the legs."""
    ahead, behind = figure.random.permutation(["left", "right"]).tolist()
    stride = figure.between(0.7, 1.2)
    figure.legs(ahead, (("x", -24.0 * stride), ("z", _outward(ahead) * 1.5)), figure.between(2.0, 10.0))
    figure.legs(
        behind, (("x", 15.0 * stride), ("z", _outward(behind) * 1.5)), figure.between(14.0, 40.0) * stride
    )
    _trunk(figure, 3.0 + figure.about(2.0), _outward(ahead) * -6.0)
    _hanging_arms(figure)
    for side in (ahead, behind):
        out, swing = _outward(side), 22.0 * stride * (1.0 if side == ahead else -1.0)
        figure.turn(f"{side}_shoulder", ("x", swing), ("z", -out * figure.between(72, 80)))
        figure.turn(f"{side}_elbow", ("y", -out * (15.0 if side == ahead else figure.between(20, 45))))
    flatten_feet(figure.body, figure.rotations, (ahead,))
    figure.rotations[joint_index(f"{ahead}_ankle"), 0] -= np.radians(12.0)
    figure.turn(f"{behind}_ankle", ("x", 12.0))
    figure.turn(f"{behind}_foot", ("x", -22.0))
    return PosedBody(figure.rotations)


def _looking_back(figure: _Figure) -> PosedBody:
    _upright_legs(figure)
    side = 1.0 if figure.random.uniform() < 0.5 else -1.0
    _hanging_arms(figure)
    _trunk(figure, figure.about(2.0), side * figure.between(20.0, 40.0))
    figure.turn("neck", ("y", side * figure.between(18.0, 30.0)))
    figure.turn("head", ("y", side * figure.between(22.0, 38.0)), ("x", figure.about(5.0)))
    flatten_feet(figure.body, figure.rotations)
    return PosedBody(figure.rotations)


def _sitting_on_a_chair(figure: _Figure) -> PosedBody:
    recline = figure.between(-12.0, 6.0)
    figure.turn("pelvis", ("x", recline))
    spread = figure.between(3.0, 14.0)
    for side in ("left", "right"):
        lifted = figure.between(82.0, 92.0)
        figure.legs(
            side,
            (("x", -lifted - recline), ("z", _outward(side) * spread)),
            lifted + figure.between(-14.0, 8.0),
        )
    _trunk(figure, figure.between(-4.0, 18.0), figure.about(5.0))
    for side in ("left", "right"):
        out = _outward(side)
        rest = _rest((out, -0.6, -0.6), figure.thigh(side), off=(0.0, 1.0, 0.0))
        figure.rest_hand(side, f"{side}_knee", (-0.4 * out * 0.1, 0.10, -figure.between(0.06, 0.2)), rest)
    flatten_feet(figure.body, figure.rotations)
    return PosedBody(figure.rotations, sits=True)


def _sitting_on_the_floor(figure: _Figure) -> PosedBody:
    """The legs stretched out, the knees drawn up, or crossed."""
    way = int(figure.random.integers(3))
    _trunk(figure, figure.between(6.0, 26.0), figure.about(5.0))
    for side in ("left", "right"):
        out = _outward(side)
        if way == 0:
            figure.legs(
                side,
                (("x", -figure.between(84, 90)), ("z", out * figure.between(4, 14))),
                figure.between(2, 14),
            )
            figure.turn(f"{side}_ankle", ("x", 20.0))
        elif way == 1:
            thigh = (out * figure.between(0.05, 0.2), 0.8 + figure.about(0.05), 0.6)
            fold_leg(
                figure.rotations, side, np.array(thigh), np.array((0.0, -0.88, 0.45 + figure.about(0.1)))
            )
        else:
            inside = 0.1 if side == "left" else 0.2
            thigh = (out * figure.between(0.6, 0.8), 0.05, 0.7)
            fold_leg(figure.rotations, side, np.array(thigh), np.array((-out * 0.85, -0.1, inside)))
            figure.turn(f"{side}_ankle", ("x", 25.0))
    for side in ("left", "right"):
        out = _outward(side)
        forward = 0.02 if way == 1 else -0.12
        fingers = figure.thigh(side) if way != 1 else (0.0, -0.3, 1.0)
        rest = _rest((out, -0.5, -0.5), fingers, off=(0.0, 1.0, 0.3 if way == 1 else 0.0))
        figure.rest_hand(side, f"{side}_knee", (-out * 0.02, 0.11 if way != 1 else 0.02, forward), rest)
    return PosedBody(figure.rotations)


def _lying(figure: _Figure) -> PosedBody:
    """On the back, on a side or on the belly."""
    way = str(figure.random.choice(["back", "back", "side", "belly"]))
    _trunk(figure, figure.about(2.0), figure.about(3.0))
    _upright_legs(figure)
    _hanging_arms(figure)
    down = {"back": (("x", -90.0),), "belly": (("x", 90.0),), "side": (("x", -90.0), ("y", 90.0))}[way]
    if way == "side":
        for side in ("left", "right"):
            figure.legs(side, (("x", -figure.between(20, 60)),), figure.between(25, 80))
            figure.turn(f"{side}_shoulder", ("z", -_outward(side) * 75.0), ("y", -_outward(side) * 20))
            figure.turn(f"{side}_elbow", ("y", -_outward(side) * figure.between(40, 100)))
    elif figure.random.uniform() < 0.5:
        figure.legs(
            "left", (("x", -figure.between(30, 50) if way == "back" else 0.0),), figure.between(60, 90)
        )
    figure.rotations[0] = vector_from_matrix(turned((("y", figure.between(-180, 180)), *down)))
    return PosedBody(figure.rotations, lies=True)


RULES: dict[str, Callable[[_Figure], PosedBody]] = {
    "standing": _standing,
    "contrapposto": _contrapposto,
    "hands on hips": _hands_on_hips,
    "arms crossed": _arms_crossed,
    "walking": _walking,
    "looking back": _looking_back,
    "chair": _sitting_on_a_chair,
    "floor": _sitting_on_the_floor,
    "lying": _lying,
}
STANDING = ("standing", "contrapposto", "hands on hips", "arms crossed", "looking back")


def plain_pose(body: BodyModel, kind: str, random: np.random.Generator) -> PosedBody:
    """Return a pose of one of the plain kinds."""
    figure = _Figure(body, random)
    _curl_hands(figure)
    return RULES[kind](figure)


def mocap_pose(body: BodyModel, rotations: NumpyArray, random: np.random.Generator) -> PosedBody:
    """Return a pose of the motion capture, rotation vectors (22, 3) of pelvis and body."""
    figure = _Figure(body, random)
    _curl_hands(figure)
    figure.rotations[: len(rotations)] = rotations
    return PosedBody(figure.rotations)


def _curl_hands(figure: _Figure) -> None:
    hand = open_hand_prior()
    for side, mean in ((joint_table.LEFT_HAND, hand.mean_left), (joint_table.RIGHT_HAND, hand.mean_right)):
        figure.rotations[side] = figure.between(0.2, 1.0) * mean.reshape(15, 3)


def turned_about_vertical(rotations: NumpyArray, degrees: float) -> NumpyArray:
    """Return the rotations (55, 3) of the same pose turned to the body's left about the vertical."""
    turned_rotations = rotations.copy()
    heading = matrix_from_vector(np.array([0.0, np.radians(degrees), 0.0]))
    turned_rotations[0] = vector_from_matrix(heading @ matrix_from_vector(rotations[0]))
    return turned_rotations
