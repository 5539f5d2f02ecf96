"""The types of arrays, and the conversion of NumPy arrays to another library, precision and device."""

from __future__ import annotations

import math
from typing import Any, TypeAlias, cast

import array_api_compat.numpy as numpy_namespace
import numpy as np
from array_api_compat import array_namespace as _namespace_of_any
from array_api_compat import device  # pyright: ignore[reportUnknownVariableType]

# An array of whatever library does the arithmetic: numpy.ndarray or torch.Tensor. Shapes stand in annotations as
# Float[Array, "batch joints 3"]; what has a shape and a dtype is checked against them in the tests.
Array: TypeAlias = Any
# Of floats unless a docstring says otherwise. Spelt out: from NumPy 2.5 on, its own NDArray is no class that can carry shapes.
NumpyArray: TypeAlias = np.ndarray[Any, np.dtype[Any]]
# From this many small matrices on, CUDA multiplies them element by element; fewer are one launch of cuBLAS.
_MANY_MATRICES = 16384


def array_namespace(array: Array) -> Any:
    """Return the array API namespace of an array, quickly for NumPy: it is asked for a hundred times an iteration."""
    return numpy_namespace if type(array) is np.ndarray else _namespace_of_any(array)


def at_least(array: Array, low: float) -> Array:
    """Return the array with everything under `low` raised to it. On NumPy many times quicker than the standard's clip."""
    return np.maximum(cast("NumpyArray", array), low) if type(array) is np.ndarray else array.clip(min=low)


def at_most(array: Array, high: float) -> Array:
    """Return the array with everything over `high` lowered to it."""
    return np.minimum(cast("NumpyArray", array), high) if type(array) is np.ndarray else array.clip(max=high)


def largest(array: Array, count: int) -> Array:
    """Return the columns (B, count) of the largest values in every row of (B, n), largest first.

    The array API standard knows full sorts only; of thousands of columns on a GPU they take longer than all else.
    """
    if type(array) is not np.ndarray and hasattr(array, "topk"):
        return array.topk(count, dim=1).indices
    return array_namespace(array).argsort(-array, axis=1)[:, :count]


def solve_positive(matrices: Array, right: Array) -> Array:
    """Solve positive definite systems (B, n, n) x = (B, n); rows of a system that is not may be anything, NaN too.

    On NumPy by its own function: the standard's looks for a module that NumPy 1 lacks at every call. On CUDA by Cholesky factors
    without a check of their success, and by two triangular solves in place of `cholesky_solve`: both of these make the host wait.
    """
    if type(matrices) is np.ndarray:
        solve: Any = np.linalg.solve
        return solve(matrices, right[..., None])[..., 0]
    if device_of(matrices).type != "cuda":
        return array_namespace(matrices).linalg.solve(matrices, right[..., None])[..., 0]
    import torch

    linalg: Any = torch.linalg
    factor = linalg.cholesky_ex(matrices)[0]
    half = linalg.solve_triangular(factor, right[..., None], upper=False)
    return linalg.solve_triangular(factor.mT, half, upper=True)[..., 0]


def gram(rows: Array) -> Array:
    """Return JᵀJ (B, n, n) for (B, m, n). On CUDA with factors rounded to TF32 and summed in float32.

    The result is the exact JᵀJ of a J whose entries differ by up to 1/2048: never indefinite, and a Gauss–Newton step is no
    worse for it. Gradients are not made so.
    """
    xp = array_namespace(rows)
    transposed = xp.matrix_transpose(rows)
    if type(rows) is np.ndarray or device_of(rows).type != "cuda":
        return xp.matmul(transposed, rows)
    import torch

    allowed = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = True
    try:
        return torch.matmul(transposed, rows)
    finally:
        torch.backends.cuda.matmul.allow_tf32 = allowed


def product3(first: Array, second: Array) -> Array:
    """Thousands of matrices (…, m, 3) times as many (…, 3, n), with at most a few dozen columns.

    NumPy hands every one of them to BLAS, whose lock lets no second thread pass. Read backwards, the columns are nothing that
    BLAS takes, and NumPy's own loop, which is no slower at this size, does them.
    """
    if type(first) is np.ndarray:
        return np.matmul(cast("NumpyArray", first), second[..., ::-1])[..., ::-1]
    return small_products(first, second)


def small_products(first: Array, second: Array) -> Array:
    """Multiply matrices (…, m, k) by as many (…, k, n), where m, k and n are a few each.

    cuBLAS spends a tile of 32 × 32 on each and takes 65,535 of them a launch; from some ten thousand matrices on, k
    elementwise products over all of them take a tenth of its time.
    """
    many = math.prod(first.shape[:-2]) >= _MANY_MATRICES
    if type(first) is np.ndarray or not many or device_of(first).type != "cuda":
        return array_namespace(first).matmul(first, second)
    return sum_of_outer_products(first, second)


def sum_of_outer_products(first: Array, second: Array) -> Array:
    """Multiply matrices (…, m, k) by (…, k, n) as Σ_k column k ⊗ row k, on PyTorch."""
    total = first[..., :, :1] * second[..., :1, :]
    for inner in range(1, first.shape[-1]):
        total = total.addcmul_(first[..., :, inner, None], second[..., None, inner, :])
    return total


def to_numpy(array: Array) -> NumpyArray:
    """Return a NumPy array in double precision, from wherever the array lives.

    From CUDA the numbers come through page-locked memory, which PyTorch keeps for the next time: several times faster.
    """
    if hasattr(array, "is_cuda") and array.is_cuda:
        import torch

        landed: Array = torch.empty(array.shape, dtype=torch.float64, pin_memory=True)
        return np.asarray(landed.copy_(array))
    on_cpu = array.cpu() if hasattr(array, "cpu") else array
    return np.asarray(on_cpu, dtype=np.float64)


def device_of(array: Array) -> Any:
    """Return the device of an array, in the form that its library's functions take."""
    return device(array)


def is_on_cpu(array: Array) -> bool:
    """Return True if reading the array's values costs nothing; on another device a read waits for all queued work."""
    return type(array) is np.ndarray or str(device(array)) == "cpu"


class ArrayMaker:
    """Makes arrays of one library, float type and device from NumPy arrays."""

    def __init__(self, namespace: Any, dtype: Any, device: Any = None) -> None:
        self.namespace = namespace
        self.dtype = dtype
        self._host_dtype = np.float64 if str(dtype).endswith("64") or dtype is np.float64 else np.float32
        self.device = device

    def floats(self, values: NumpyArray) -> Array:
        """Return a float array of the chosen precision, rounded before it travels: some GPUs know no double.

        CUDA knows it, and rounds quicker than the host.
        """
        if str(self.device).startswith("cuda"):
            return self.namespace.asarray(np.ascontiguousarray(values), device=self.device).to(self.dtype)
        rounded = np.asarray(values, dtype=self._host_dtype)
        return self.namespace.asarray(rounded, dtype=self.dtype, device=self.device)

    def repeated(self, values: NumpyArray, times: int) -> Array:
        """Return a float array whose rows stand `times` times each, one after another, repeated where the array lives."""
        return self.namespace.repeat(self.floats(values), times, axis=0)

    def indices(self, values: NumpyArray) -> Array:
        """Return an int64 array, fit for indexing."""
        return self.namespace.asarray(np.asarray(values, dtype=np.int64), device=self.device)

    def zeros(self, shape: tuple[int, ...]) -> Array:
        """Return a float array of zeros."""
        return self.namespace.zeros(shape, dtype=self.dtype, device=self.device)


def numpy_double() -> ArrayMaker:
    """NumPy in double precision: for what is computed once."""
    return ArrayMaker(numpy_namespace, np.float64)
