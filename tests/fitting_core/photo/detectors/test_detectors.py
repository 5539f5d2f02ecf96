"""Detectors of the user's own: a network made here, and a script that stands for OpenPose."""

from __future__ import annotations

import json
import shutil
import stat
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fitting_core.cli import main
from fitting_core.errors import DetectorError
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.photo.detectors import openpose_program
from fitting_core.photo.detectors.onnx_model import people_of_model
from fitting_core.photo.detectors.openpose_program import people_of_program
from fitting_core.photo.detectors.whole_body import from_whole_body

DEMO = Path(__file__).parents[4] / "docs" / "demo"
SPOT = (455, 500)  # on the demo figure's trunk


@pytest.fixture(scope="module")
def demo() -> np.ndarray:
    with Image.open(DEMO / "demo_photo.jpg") as photo:
        return np.asarray(photo.convert("RGB"))


def test_the_133_points_in_openpose_order() -> None:
    """Point n lies at (n, 2n); COCO-WholeBody's own numbers."""
    points = np.column_stack([np.arange(133), 2 * np.arange(133), np.ones(133)]).astype(float)
    person = from_whole_body(points)
    numbers = {
        "nose": 0, "left_eye": 1, "right_eye": 2, "left_ear": 3, "right_ear": 4, "left_wrist": 9, "right_hip": 12,
        "right_ankle": 16, "left_big_toe": 17, "left_small_toe": 18, "left_heel": 19, "right_big_toe": 20,
        "right_small_toe": 21, "right_heel": 22,
        "neck": 5.5, "mid_hip": 11.5,
    }  # fmt: skip
    assert {name: person.body[BODY_25.index(name), 0] for name in numbers} == numbers
    assert person.face[:68, 0].tolist() == list(range(23, 91)) and not person.face[68:].any()
    assert person.left_hand[:, 0].tolist() == list(range(91, 112))
    assert person.right_hand[:, 0].tolist() == list(range(112, 133))


def network(path: Path, simcc: bool, points: int = 133) -> Path:
    """A network whose every point is the brightest pixel of its input, 192 × 256; by SimCC at twice the pixels, or heat maps."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, number = onnx.helper, onnx.TensorProto.FLOAT
    whole = lambda name, values: onnx.numpy_helper.from_array(np.array(values, dtype=np.int64), name)  # noqa: E731
    constants = [
        whole("colours", [1]),
        whole("rows", [2]),
        whole("columns", [3]),
        whole("all", [1, points, 1]),
        whole("maps", [1, points, 1, 1]),
        onnx.numpy_helper.from_array(np.array([1, 1, 2], dtype=np.float32), "twice"),
        onnx.numpy_helper.from_array(np.array(0.3, dtype=np.float32), "weight"),
    ]
    nodes = [
        helper.make_node("ReduceMean", ["input", "colours"], ["grey"], keepdims=1),
        helper.make_node("Mul", ["grey", "weight"], ["bright"]),
    ]
    if simcc:
        for side, reduced in (("x", "rows"), ("y", "columns")):
            nodes += [
                helper.make_node("ReduceMax", ["bright", reduced], [f"{side}1"], keepdims=0),
                helper.make_node("Tile", [f"{side}1", "all"], [f"{side}2"]),
                helper.make_node("Resize", [f"{side}2", "", "twice"], [f"simcc_{side}"], mode="nearest"),
            ]
        outputs = [helper.make_tensor_value_info(f"simcc_{side}", number, None) for side in "xy"]
    else:
        nodes.append(helper.make_node("Tile", ["bright", "maps"], ["heat"]))
        outputs = [helper.make_tensor_value_info("heat", number, None)]
    given = [helper.make_tensor_value_info("input", number, [1, 3, 256, 192])]
    graph = helper.make_graph(nodes, "brightest", given, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize("simcc", [True, False], ids=["SimCC", "heat maps"])
def test_a_network_sees_each_person_that_the_eyes_find(demo: np.ndarray, tmp_path: Path, simcc: bool) -> None:
    marked = demo // 2
    marked[SPOT[1] - 6 : SPOT[1] + 7, SPOT[0] - 6 : SPOT[0] + 7] = 255
    (person,) = people_of_model(network(tmp_path / "net.onnx", simcc), marked).people
    assert person.left_hand[:, 2].min() > 0.5
    for points in (person.body[person.body[:, 2] > 0], person.left_hand, person.right_hand, person.face[:68]):
        assert np.abs(points[:, :2] - SPOT).max() < 14.0  # the spot, and a pixel of the network


# A stick figure that stands in the network's input, px, by COCO's numbers; the other points are not sure.
STANDING = {
    0: (96, 40), 1: (100, 36), 2: (92, 36), 3: (106, 38), 4: (86, 38), 5: (116, 70), 6: (76, 70), 7: (126, 105), 8: (66, 105),
    9: (132, 138), 10: (60, 138), 11: (108, 135), 12: (84, 135), 13: (110, 185), 14: (82, 185), 15: (112, 230), 16: (80, 230),
}  # fmt: skip


def stick_figure_network(path: Path) -> Path:
    """A network (SimCC) that sees the same stick figure in whatever it is shown."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, number = onnx.helper, onnx.TensorProto.FLOAT
    bins = {"x": np.zeros((1, 133, 384), dtype=np.float32), "y": np.zeros((1, 133, 512), dtype=np.float32)}
    for point, place in STANDING.items():
        for side, at in zip("xy", place, strict=True):
            bins[side][0, point, 2 * at] = 0.9
    constants = [onnx.numpy_helper.from_array(values, f"bins_{side}") for side, values in bins.items()]
    constants.append(onnx.numpy_helper.from_array(np.array(0.0, dtype=np.float32), "nothing"))
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
        *(helper.make_node("Add", [f"bins_{side}", "zero"], [f"simcc_{side}"]) for side in "xy"),
    ]
    outputs = [helper.make_tensor_value_info(f"simcc_{side}", number, None) for side in "xy"]
    given = [helper.make_tensor_value_info("input", number, [1, 3, 256, 192])]
    graph = helper.make_graph(nodes, "stick figure", given, outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(path))
    return path


def test_a_batch_with_a_network(tmp_path: Path) -> None:
    """The network looks where a photo has no keypoint file; where there is one it comes first."""
    shots = tmp_path / "shots"
    shots.mkdir()
    for name in ("alone", "with_file"):
        shutil.copy(DEMO / "demo_photo.jpg", shots / f"{name}.jpg")
    shutil.copy(DEMO / "demo_photo_keypoints.json", shots / "with_file_keypoints.json")
    net = stick_figure_network(tmp_path / "net.onnx")
    words = ["batch", str(shots), "--out", str(tmp_path / "out"), "--no-overlay", "--detector", str(net)]
    assert main(words) == 0
    found: dict[str, np.ndarray] = {}
    for name in ("alone", "with_file"):
        with np.load(tmp_path / "out" / name / "person_00.npz") as data:
            found[name] = data["keypoints"]
    truth = json.loads((DEMO / "demo_photo_keypoints.json").read_text(encoding="utf-8"))["people"][0]
    np.testing.assert_allclose(
        found["with_file"][:25], np.reshape(truth["pose_keypoints_2d"], (-1, 3)), atol=1e-3
    )
    assert not found["alone"][25:, 2].any()  # our eyes see hands and a face there, this network none
    body = found["alone"][:25]
    places = {BODY_25.index(name): STANDING[number] for name, number in (("nose", 0), ("left_ankle", 15))}
    (nose, ankle) = (body[index, :2] for index in places)
    scale = np.array(STANDING[15]) - STANDING[0]
    # What the network sees is upright in the photo, as large as the region that the eyes have chosen.
    assert abs((ankle - nose)[0] / (ankle - nose)[1] - scale[0] / scale[1]) < 0.02
    others = [BODY_25.index("right_wrist"), BODY_25.index("left_knee")]
    assert (body[others, 2] > 0.5).all()


def test_networks_of_other_kinds_are_refused(demo: np.ndarray, tmp_path: Path) -> None:
    other = network(tmp_path / "other.onnx", simcc=True, points=17)
    with pytest.raises(DetectorError, match="neither SimCC nor heat maps of 133"):
        people_of_model(other, demo)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    with pytest.raises(DetectorError, match=r"broken\.onnx cannot be read"):
        people_of_model(broken, demo)


def test_without_onnxruntime_the_next_step_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "onnxruntime" else object())
    model = tmp_path / "net.onnx"
    model.write_bytes(b"")
    found = main(
        ["detect", str(DEMO / "demo_photo.jpg"), "--out", str(tmp_path / "f.json"), "--detector", str(model)]
    )
    assert found == 12 and "pip install onnxruntime" in capsys.readouterr().err
    assert not (tmp_path / "f.json").exists()


def program(path: Path, body: str) -> Path:
    """A program with OpenPose's options that runs a few lines of Python, with `pictures` and `files`, its two folders."""
    path.write_text(
        f"#!{sys.executable}\n"
        "import json, os, pathlib, sys, time\n"
        "folder = lambda option: pathlib.Path(sys.argv[sys.argv.index(option) + 1])\n"
        "pictures, files = folder('--image_dir'), folder('--write_json')\n" + textwrap.dedent(body),
        encoding="utf-8",
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


WRITES_THE_DEMO = f"""
(picture,) = pictures.iterdir()
document = json.loads(pathlib.Path({str(DEMO / "demo_photo_keypoints.json")!r}).read_text())
(files / (picture.stem + '_keypoints.json')).write_text(json.dumps(document))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
def test_a_fit_with_an_openpose_program(tmp_path: Path) -> None:
    openpose = program(tmp_path / "openpose", WRITES_THE_DEMO)
    words = [
        "fit",
        str(DEMO / "demo_photo.jpg"),
        "--detect",
        "--detector",
        str(openpose),
        "--out",
        str(tmp_path / "out"),
    ]
    assert main([*words, "--no-overlay", "--preview"]) == 0
    truth = json.loads((DEMO / "demo_photo_keypoints.json").read_text(encoding="utf-8"))["people"][0]
    with np.load(tmp_path / "out" / "person_00.npz") as data:
        assert data["keypoints"][:25] == pytest.approx(
            np.reshape(truth["pose_keypoints_2d"], (-1, 3)), abs=1e-3
        )
        assert "depth" in data["loss_term_names"].tolist(), "the eyes add how near the camera the limbs are"


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
def test_the_program_gets_the_picture_and_few_variables(
    demo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv("PYTHONSTARTUP", "elsewhere")
    monkeypatch.setenv("SECRET_TOKEN", "token")
    home = tmp_path / "openpose"
    (home / "models").mkdir(parents=True)
    (home / "bin").mkdir()
    seen = tmp_path / "seen.json"
    script = f"""
    data = (pictures / 'photo.ppm').read_bytes()
    pathlib.Path({str(seen)!r}).write_text(json.dumps([len(data), data[:15].decode(), sorted(os.environ), os.getcwd()]))
    (files / 'photo_keypoints.json').write_text('{{"version": 1.3, "people": []}}')
    """
    assert people_of_program(program(home / "bin" / "openpose.bin", script), demo).people == ()
    size, header, variables, folder = json.loads(seen.read_text(encoding="utf-8"))
    assert size == 16 + demo.size and header == "P6 900 1200 255" and Path(folder) == home.resolve()
    assert {name.upper() for name in variables} <= openpose_program.KEPT_VARIABLES | {"LC_CTYPE"}


FAULTS = {
    "writes nothing": ("", "has written no photo_keypoints.json"),
    "fails": ("sys.stderr.write('no \\x1bmodel'); sys.exit(7)", r"ended with 7: no \\x1bmodel"),
    "hangs": ("time.sleep(60)", "was stopped after"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
@pytest.mark.parametrize(("script", "message"), FAULTS.values(), ids=FAULTS)
def test_programs_that_do_not_work(
    demo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    monkeypatch.setattr(openpose_program, "TIME_LIMIT_S", 2.0)
    with pytest.raises(DetectorError, match=message):
        people_of_program(program(tmp_path / "openpose", script), demo)


@pytest.mark.parametrize("name", ["missing.onnx", "missing"])
def test_a_detector_that_is_not_there(tmp_path: Path, name: str, capsys: Any) -> None:
    words = ["inspect", str(DEMO / "demo_photo.jpg"), "--detect", "--detector", str(tmp_path / name)]
    assert main(words) == 12 and name in capsys.readouterr().err


def test_a_file_that_is_no_program(tmp_path: Path, demo: np.ndarray) -> None:
    (tmp_path / "openpose").write_text("no program", encoding="utf-8")
    with pytest.raises(DetectorError, match="cannot be started"):
        people_of_program(tmp_path / "openpose", demo)
