"""The environment variables that a child process of the add-on gets: a list of those that it needs, and no others.

What is not listed stays out, since much of what a shell or a launcher sets changes which code a child runs: LD_PRELOAD,
LD_LIBRARY_PATH and DYLD_* load other libraries, PYTHON* other modules, GLIBC_TUNABLES and MALLOC_* other behaviour,
CUDA_INJECTION64_PATH, OPENSSL_CONF and OMP_TOOL_LIBRARIES plug-ins.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

# Names in capitals, as Windows compares them. Each group is there for the reason that stands above it.
KEPT_NAMES = frozenset(
    (
        # programs and libraries are found, and users have their folders
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
        # temporary files
        "TMPDIR", "TEMP", "TMP",
        # language, encoding and time zone of messages
        "LANG", "LANGUAGE", "TZ",
        # Windows' own: without SYSTEMROOT no socket and no random number, without PATHEXT no program
        "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "OS", "USERNAME", "USERDOMAIN", "USERPROFILE",
        "COMPUTERNAME", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "ALLUSERSPROFILE", "PUBLIC",
        "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "COMMONPROGRAMFILES", "COMMONPROGRAMFILES(X86)",
        "COMMONPROGRAMW6432", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "PROCESSOR_IDENTIFIER", "PROCESSOR_LEVEL",
        "PROCESSOR_REVISION",
        # which graphics cards there are to be, where CUDA and ROCm are installed, how PyTorch divides their memory
        "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_HOME", "CUDA_PATH", "CUDA_CACHE_DISABLE", "CUDA_CACHE_MAXSIZE",
        "CUDA_CACHE_PATH", "CUDA_MODULE_LOADING", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES",
        "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL", "HSA_OVERRIDE_GFX_VERSION", "ROCM_PATH",
        "PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF", "PYTORCH_ENABLE_MPS_FALLBACK",
        "PYTORCH_MPS_HIGH_WATERMARK_RATIO", "PYTORCH_MPS_LOW_WATERMARK_RATIO",
    )
)  # fmt: skip
KEPT_PREFIXES = ("LC_",)

# The fit works on many small arrays: threads inside one product only cost time.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
BLAS_THREADS = 1


def clean_environment(environment: Mapping[str, str], also: Sequence[str] = ()) -> dict[str, str]:
    """Return the variables of `environment` that any child may have, and those named in `also` (in capitals)."""
    return {
        name: value
        for name, value in environment.items()
        if name.upper() in KEPT_NAMES or name.upper() in also or name.upper().startswith(KEPT_PREFIXES)
    }


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the core's environment made from `environment`, with the thread counts of the number libraries set."""
    return {**clean_environment(environment), **dict.fromkeys(THREAD_VARIABLES, str(BLAS_THREADS))}


def default_environment() -> dict[str, str]:
    """Return the core's environment made from this process's own."""
    return child_environment(os.environ)
