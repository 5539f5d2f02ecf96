"""Texts of the sidebar on lens, camera and floor, for the Camera panel before a fit and the Result panel after it."""

from __future__ import annotations

from ..result.read_report import FULL_FRAME_MM
from ..session.fit_request import FitChoices
from ..session.photo_inspection import Inspection
from ..settings.figure_facts import FigureFacts
from .panel_state import Line


def camera_lines(choices: FitChoices, inspection: Inspection | None, scene_camera: str) -> tuple[Line, ...]:
    """Say in words what the choice of camera comes to."""
    mode = choices.camera.mode
    if mode == "SCENE_CAMERA":
        if choices.camera.problem:
            return (Line(choices.camera.problem, "ERROR", True),)
        return (Line(f"“{scene_camera}”: {_lens(choices.camera.px, inspection)}", "CAMERA_DATA"),)
    if inspection is None:
        return ()
    facts = inspection.facts
    words = _lens(facts.focal_px, inspection)
    if mode not in ("PHOTO", "ESTIMATE"):
        return (Line(words, "CAMERA_DATA"),)
    source = "assumed, as the photo names no lens" if facts.focal_is_assumed else "from the photo's EXIF"
    if mode == "ESTIMATE":
        return (Line(f"The fit starts from {words}, {source}", "CAMERA_DATA"),)
    if facts.focal_is_assumed:
        return (Line(words, "CAMERA_DATA"), Line("Assumed: the photo does not name its lens", "INFO"))
    return (Line(f"{words}, {source}", "CAMERA_DATA"),)


def _lens(focal_px: float, inspection: Inspection | None) -> str:
    px = f"{focal_px:.0f} px"
    if inspection is None:
        return px
    return f"{FULL_FRAME_MM * focal_px / max(inspection.facts.image_size):.0f} mm (35-mm equivalent), {px}"


def floor_lines(problem: str) -> tuple[Line, ...]:
    """Explain why the chosen floor will not do; the fit itself can go on."""
    if not problem:
        return ()
    return (Line(problem, "ERROR", True), Line("Until then the figure stands where the photo says", "BLANK1"))


def placed_lines(figure: FigureFacts | None) -> tuple[Line, ...]:
    """Say what the floor, and the estimate of the lens, came to for a figure."""
    if figure is None:
        return ()
    lines: list[Line] = []
    if figure.standing:
        icon = "ERROR" if figure.doubtful else "CON_FLOOR"
        lines.append(Line(figure.standing, icon, figure.doubtful))
    if figure.report is not None and figure.report.focal is not None:
        lines.append(Line(figure.report.focal.text, "CAMERA_DATA"))
    return tuple(lines)
