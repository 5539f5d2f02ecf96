"""The run-time type checker of the tests, as a pytest plugin: every annotation of the core, array shapes included, is checked.

It is loaded before anything imports the core (see pyproject.toml); what has been imported before would go unchecked.
"""

from __future__ import annotations

import sys

from beartype import BeartypeConf, beartype
from jaxtyping import install_import_hook

CHECKED_PACKAGE = "fitting_core"

# Ints are accepted where floats are (PEP 484's numeric tower).
check = beartype(conf=BeartypeConf(is_pep484_tower=True))

if any(name.partition(".")[0] == CHECKED_PACKAGE for name in sys.modules):
    raise RuntimeError(f"{CHECKED_PACKAGE} was imported before its checks were installed")
install_import_hook([CHECKED_PACKAGE], "tests.runtime_checks.check")
