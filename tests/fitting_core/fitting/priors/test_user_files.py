"""Users' prior files: every form that is in use is read, and whatever else a file asks for is refused and never run."""

from __future__ import annotations

import collections
import pickle
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.errors import PriorFileError
from fitting_core.files.tensor_file import read_tensors
from fitting_core.fitting.priors.user_files import read_pose_mixture, read_vposer
from tests.synthetic_kinds import python2_pickle

torch: Any = pytest.importorskip("torch")
_RANDOM = np.random.default_rng(3)


def _mixture() -> dict[str, np.ndarray]:
    spread = _RANDOM.normal(0, 0.1, (8, 69, 69))
    return {
        "means": _RANDOM.normal(0, 0.3, (8, 69)),
        "covars": spread @ spread.transpose(0, 2, 1) + 0.05 * np.eye(69),
        "weights": np.arange(1.0, 9.0) / 36,
    }


_PARTS = _mixture()
_SKLEARN = {
    "sklearn.mixture.gmm.GMM": {"means_": "means", "covars_": "covars", "weights_": "weights"},
    "sklearn.mixture.gaussian_mixture.GaussianMixture": {
        "means_": "means", "covariances_": "covars", "weights_": "weights",
    },
}  # fmt: skip


def _sklearn_object(path: str, monkeypatch: pytest.MonkeyPatch) -> object:
    module_name, name = path.rsplit(".", 1)
    module = types.ModuleType(module_name)
    monkeypatch.setitem(sys.modules, module_name, module)
    kind = type(name, (), {"__module__": module_name})
    setattr(module, name, kind)
    made = kind()
    made.__dict__.update({key: _PARTS[part] for key, part in _SKLEARN[path].items()}, random_state=None)
    return made


@pytest.mark.parametrize("form", ["python 2", "python 3", "npz", *_SKLEARN])
def test_mixtures_of_every_form(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ("gmm_08.npz" if form == "npz" else "gmm_08.pkl")
    if form == "npz":
        np.savez(path, **_PARTS)  # type: ignore[arg-type]
    else:
        value = _sklearn_object(form, monkeypatch) if form in _SKLEARN else _PARTS
        path.write_bytes(pickle.dumps(value) if form == "python 3" else python2_pickle(value))
    mixture = read_pose_mixture(path)
    np.testing.assert_array_equal(mixture.means, _PARTS["means"][:, :63])
    np.testing.assert_array_equal(mixture.covariances, _PARTS["covars"][:, :63, :63])
    np.testing.assert_allclose(mixture.weights, _PARTS["weights"])


_BAD_MIXTURES = {
    "means missing": ({"means": None}, "needs the entries"),
    "too few values": (
        {"means": np.zeros((8, 60)), "covars": np.zeros((8, 60, 60))},
        "do not make a mixture",
    ),
    "not positive": ({"covars": -_PARTS["covars"]}, "not positive definite"),
    "no weight": ({"weights": np.zeros(8)}, "no usable number"),
    "not finite": ({"means": _PARTS["means"] * np.nan}, "no usable number"),
    "text": ({"weights": "heavy"}, "'weights': it holds"),
}


@pytest.mark.parametrize("name", _BAD_MIXTURES)
def test_bad_mixtures_are_refused_in_words(name: str, tmp_path: Path) -> None:
    changes, words = _BAD_MIXTURES[name]
    values = {key: value for key, value in (_PARTS | changes).items() if value is not None}
    (tmp_path / "gmm.pkl").write_bytes(pickle.dumps(values))
    with pytest.raises(PriorFileError, match=words) as refused:
        read_pose_mixture(tmp_path / "gmm.pkl")
    assert "gmm.pkl" in str(refused.value)


@pytest.mark.parametrize("value", [b"cos\nsystem\n(S'exit'\ntR.", pickle.dumps([1]), b"", b"junk"])
def test_files_that_are_no_mixture(value: bytes, tmp_path: Path) -> None:
    (tmp_path / "gmm.pkl").write_bytes(value)
    with pytest.raises(PriorFileError, match=r"gmm\.pkl"):
        read_pose_mixture(tmp_path / "gmm.pkl")


_VERSIONS = {
    1: ("", ("bodyprior_dec_fc1", "bodyprior_dec_fc2", "bodyprior_dec_out")),
    2: ("vp_model.", ("decoder_net.0", "decoder_net.3", "decoder_net.5")),
}
_SIZES = ((512, 32), (512, 512), (126, 512))


def _state(version: int) -> Any:
    torch.manual_seed(version)
    prefix, layers = _VERSIONS[version]
    state = collections.OrderedDict()
    for name, (outputs, inputs) in zip(layers, _SIZES, strict=True):
        state[f"{prefix}{name}.weight"] = torch.randn(outputs, inputs) / inputs**0.5
        state[f"{prefix}{name}.bias"] = 0.1 * torch.randn(outputs)
    state[f"{prefix}counter"] = torch.tensor(3)
    return state


class ModelCheckpoint:
    """Stands for Lightning's class of that name, which its checkpoints use as a key."""


def _checkpoint(version: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    name = "pytorch_lightning.callbacks.model_checkpoint"
    module = types.ModuleType(name)
    monkeypatch.setattr(ModelCheckpoint, "__module__", name)
    module.ModelCheckpoint = ModelCheckpoint  # type: ignore[attr-defined]
    for above in ("pytorch_lightning", "pytorch_lightning.callbacks"):
        monkeypatch.setitem(sys.modules, above, types.ModuleType(above))
    monkeypatch.setitem(sys.modules, name, module)
    return {
        "epoch": 13,
        "state_dict": _state(version),
        "callbacks": {ModelCheckpoint: {"best_model_score": torch.tensor(0.03), "monitor": "val_loss"}},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(4, 4)}}}],
    }


@pytest.mark.parametrize("old_form", [False, True], ids=["zip", "before 1.6"])
@pytest.mark.parametrize("version", [1, 2])
def test_vposer_of_both_versions_and_forms(
    version: int, old_form: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "snapshots").mkdir()
    path = tmp_path / "snapshots" / ("TR00_E096.pt" if version == 1 else "V02_05_epoch=13.ckpt")
    value = _state(1) if version == 1 else _checkpoint(2, monkeypatch)
    torch.save(value, path, _use_new_zipfile_serialization=not old_form)
    decoder = read_vposer(tmp_path)
    assert decoder.version == version
    assert decoder.negative_slope == {1: 0.2, 2: 0.01}[version]
    state = _state(version)
    for layer, name in enumerate(_VERSIONS[version][1]):
        prefix = _VERSIONS[version][0]
        np.testing.assert_array_equal(
            decoder.weights[layer], state[f"{prefix}{name}.weight"].double().numpy()
        )
        np.testing.assert_array_equal(decoder.biases[layer], state[f"{prefix}{name}.bias"].double().numpy())


@pytest.mark.parametrize("old_form", [False, True], ids=["zip", "before 1.6"])
def test_tensors_of_every_kind_and_stride(old_form: bool, tmp_path: Path) -> None:
    base = torch.arange(24.0).reshape(4, 6)
    tensors = {
        "plain": base,
        "transposed": base.T,
        "slice": base[1:3, ::2],
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "double": base.double(),
        "half": base.half(),
        "bfloat16": (base / 7).bfloat16(),
        "bfloat16, turned": (base / 7).bfloat16().T[1:, ::2],
        "bfloat16, one": torch.tensor(-2.7, dtype=torch.bfloat16),
        "bfloat16, empty": torch.zeros(2, 0, dtype=torch.bfloat16),
        "long": torch.arange(5),
        "bool": torch.tensor([True, False]),
        "parameter": torch.nn.Parameter(base + 1),
    }
    torch.save(tensors, tmp_path / "t.pt", _use_new_zipfile_serialization=not old_form)
    found = read_tensors(tmp_path / "t.pt")
    assert set(found) == set(tensors)
    for name, tensor in tensors.items():
        expected = tensor.float() if tensor.dtype == torch.bfloat16 else tensor.detach()
        np.testing.assert_array_equal(found[name], expected.numpy(), err_msg=name)
        assert found[name].dtype == expected.numpy().dtype


class _Hostile:
    def __reduce__(self) -> Any:
        return (exec, ("raise SystemExit('it ran')",))


@pytest.mark.parametrize("old_form", [False, True], ids=["zip", "before 1.6"])
def test_code_in_a_tensor_file_is_refused(old_form: bool, tmp_path: Path) -> None:
    torch.save({"a": _Hostile()}, tmp_path / "t.pt", _use_new_zipfile_serialization=not old_form)
    with pytest.raises(PriorFileError, match=r"t\.pt: cannot be read .*exec.*Nothing of it was run"):
        read_vposer(tmp_path / "t.pt")


@pytest.mark.parametrize("old_form", [False, True], ids=["zip", "before 1.6"])
def test_random_damage_to_tensor_files(old_form: bool, tmp_path: Path) -> None:
    path = tmp_path / "t.pt"
    state = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.arange(4)[::1], "c": {"d": [1, 2.0]}}
    torch.save(state, path, _use_new_zipfile_serialization=not old_form)
    data = path.read_bytes()
    random = np.random.default_rng(1)
    for round_number in range(500):
        damaged = bytearray(data)
        if round_number % 4 == 0:
            del damaged[int(random.integers(0, len(data))) :]
        for _ in range(int(random.integers(1, 6)) if damaged else 0):
            damaged[int(random.integers(0, len(damaged)))] = int(random.integers(0, 256))
        path.write_bytes(damaged)
        try:
            read_tensors(path)
        except PriorFileError:
            continue


def test_vposer_files_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(PriorFileError, match="no snapshot"):
        read_vposer(tmp_path)
    with pytest.raises(PriorFileError, match="there is no such"):
        read_vposer(tmp_path / "absent.pt")
    torch.save({"a": torch.zeros(2)}, tmp_path / "other.pt")
    with pytest.raises(PriorFileError, match="holds 1 tensors, but no VPoser decoder"):
        read_vposer(tmp_path / "other.pt")
    state = _state(1)
    state["bodyprior_dec_fc2.weight"] = torch.zeros(3, 3)
    torch.save(state, tmp_path / "shape.pt")
    with pytest.raises(PriorFileError, match=r"'bodyprior_dec_fc2.weight' is of shape \(3, 3\)"):
        read_vposer(tmp_path / "shape.pt")
    del state["bodyprior_dec_fc2.weight"]
    torch.save(state, tmp_path / "part.pt")
    with pytest.raises(PriorFileError, match=r"'bodyprior_dec_fc2.weight' is missing"):
        read_vposer(tmp_path / "part.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(PriorFileError, match="not written by torch"):
        read_vposer(tmp_path / "plain.pt")
