"""The list of all terms of the objective, and the terms of one stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fitting_core.arrays import ArrayMaker

from ..parameters import FreeParameters
from ..priors.merged import is_quadratic, merge_quadratic_priors
from .depth import depth_term
from .interpenetration import interpenetration_term
from .keypoints import keypoint_term
from .priors import PriorTerm, prior_terms
from .scene_contact import scene_contact_term
from .scene_penetration import scene_penetration_term
from .term import StageContext, Term
from .widths import width_term

# One line a term: its builder, which gives nothing for a stage that does not have it.
BUILDERS: tuple[Callable[[StageContext], Sequence[Term]], ...] = (
    keypoint_term,
    depth_term,
    width_term,
    interpenetration_term,
    scene_penetration_term,
    scene_contact_term,
    prior_terms,
)


def stage_terms(context: StageContext) -> tuple[Term, ...]:
    """Return all terms of one stage, the keypoints first."""
    return tuple(term for build in BUILDERS for term in build(context))


def merged_terms(
    terms: Sequence[Term], free: FreeParameters, batch: int, make: ArrayMaker
) -> tuple[Term, ...]:
    """Return the same cost in fewer terms, for speed: all quadratic priors of a batch of that size as one."""
    quadratic = [term for term in terms if isinstance(term, PriorTerm) and is_quadratic(term.prior)]
    if len(quadratic) < 2:
        return tuple(terms)
    priors = [term.prior for term in quadratic if is_quadratic(term.prior)]
    merged = merge_quadratic_priors(priors, free.columns, free.layout.size, batch, make)
    others = [term for term in terms if term not in quadratic]
    geometric = [term for term in others if not isinstance(term, PriorTerm)]
    separate = [term for term in others if isinstance(term, PriorTerm)]
    return (*geometric, PriorTerm("quadratic priors", merged, free), *separate)
