"""The entry of `python -m fitting_core`."""

import sys

from fitting_core.cli import main

sys.exit(main())
