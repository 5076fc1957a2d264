"""Which bar shows how far the work has come."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from lime.engine.progress import progress_bar, progress_class

IN_A_NOTEBOOK_WITHOUT_WIDGETS = """
import sys, warnings
warnings.simplefilter("error")
sys.modules["ipywidgets"] = None
import IPython
from types import SimpleNamespace
shell = SimpleNamespace(config={"IPKernelApp": {}}, kernel=True)
IPython.get_ipython = lambda: shell
import builtins
builtins.get_ipython = IPython.get_ipython
from lime.engine.progress import progress_bar, progress_class
import numpy as np
import lime.lime_image
assert progress_class().__module__ == "tqdm.std"
assert lime.lime_image.tqdm is progress_class()
from lime import LimeTextExplainer
explainer = LimeTextExplainer(random_state=0)
ask = lambda texts: np.array([[0.5, 0.5]] * len(texts)) * [[1.0, 1.0]]
explainer.explain_instance("a few words", ask, num_samples=20, progress_bar=True)
explainer.explain_instances(["a few words"], ask, num_samples=20, progress_bar=True)
"""


def test_without_widgets_the_bar_is_of_text_and_nothing_warns():
    done = subprocess.run(
        [sys.executable, "-c", IN_A_NOTEBOOK_WITHOUT_WIDGETS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr


@pytest.mark.parametrize(("found", "module"), [(None, "tqdm.std"), (object(), "tqdm.a")])
def test_the_bar_of_notebooks_is_taken_where_widgets_are(monkeypatch, found, module):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: found)
    kind = progress_class()
    assert kind.__module__.startswith(module)


def test_in_a_notebook_the_bar_of_text_is_not_on_red(monkeypatch, capsys):
    class Shell:
        kernel = object()

    class Module:
        get_ipython = staticmethod(Shell)

    monkeypatch.setitem(sys.modules, "IPython", Module)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with progress_bar(total=2) as bar:
        bar.update(2)
    shown = capsys.readouterr()
    assert "2/2" in shown.out
    assert shown.err == ""
    monkeypatch.delitem(sys.modules, "IPython")
    with progress_bar(total=2) as bar:
        bar.update(2)
    shown = capsys.readouterr()
    assert "2/2" in shown.err
    assert shown.out == ""
