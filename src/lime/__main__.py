"""``python -m lime``, for where the ``lime`` script is not on the path."""

from __future__ import annotations

import sys

from lime.cli import main

sys.exit(main())
