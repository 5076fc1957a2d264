"""How the documentation is built: `make docs` is the way to do it, and takes warnings for errors."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

# Examples in the gallery run here. They write no bars, and what our own package warns of is an error.
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("COLUMNS", "80")
warnings.filterwarnings("error", module=r"lime(\.|$)")

from lime import __version__  # noqa: E402 - the environment comes first

project = "lime"
author = "the lime developers"
copyright = author
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
    "sphinx_copybutton",
    "mathml",
    "measured",
]
exclude_patterns = ["_build", "gallery", "images", "api/generated", "auto_gallery/*/README.rst", "**.ipynb"]
templates_path: list[str] = []

# Every reference must lead somewhere.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:obj", r"lime\.domains.*"),  # rooms that have no page; docs/architecture.md tells of them
    (r"py:.*", r"(?!lime).*"),  # other libraries: no inventory of theirs is fetched, so that the build needs no network
]
default_role = "autolink"
highlight_language = "python"

myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence", "attrs_inline"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # the docstrings give shapes and units, which hints do not
autodoc_member_order = "bysource"
autosummary_generate = False
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

sphinx_gallery_conf: dict[str, Any] = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": r"plot_.*\.py",
    "subsection_order": [
        "gallery/article",
        "gallery/tutorials",
        "gallery/trust",
        "gallery/rows",
    ],
    "within_subsection_order": "FileNameSortKey",
    "capture_repr": ("_repr_html_", "__repr__"),
    "abort_on_example_error": False,
    "only_warn_on_example_error": False,
    "download_all_examples": False,
    "show_signature": False,
    "remove_config_comments": True,
    "min_reported_time": 1e6,
    "write_computation_times": False,
    "show_memory": False,
    "plot_gallery": "True",
    "copyfile_regex": r"$^",
    "default_thumb_file": str(HERE / "images" / "wine.png"),
}

html_theme = "furo"
html_title = f"lime {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
