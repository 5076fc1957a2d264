"""The package as it is installed: its names, where they lead, and what importing them costs."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
import tomllib
from functools import partial
from importlib.resources import files
from pathlib import Path

import pytest

import lime

HEAVY = {"matplotlib", "skimage", "pandas", "polars", "pyarrow", "IPython", "torch", "jinja2"}


def modules_after(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after `statement`."""
    code = f"{statement}\nimport sys\nprint('\\n'.join(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_loads_nothing_heavy() -> None:
    loaded = modules_after("import lime")
    assert "lime" in loaded
    assert not loaded & (HEAVY | {"numpy", "scipy", "sklearn", "narwhals", "joblib"})


@pytest.mark.parametrize(
    "statement", ["from lime import LimeTabularExplainer", "import lime.lime_tabular", "import lime.cli"]
)
def test_no_door_loads_what_draws_or_reads_frames(statement: str) -> None:
    loaded = modules_after(statement)
    assert "lime" in loaded
    # scikit-learn itself loads pandas where it is installed, and pandas pyarrow.
    ours = loaded - modules_after("import sklearn.utils") if "sklearn" in loaded else loaded
    assert not ours & HEAVY


def test_every_name_leads_somewhere() -> None:
    for name in lime.__all__:
        assert getattr(lime, name) is not None
    assert set(lime.__all__) <= set(dir(lime))
    assert inspect.isclass(lime.LimeTabularExplainer)
    assert issubclass(lime.LimeError, Exception)


def test_star_import_gives_every_name() -> None:
    namespace: dict[str, object] = {}
    exec("from lime import *", namespace)  # noqa: S102 - a star import cannot stand in a function
    assert set(lime.__all__) <= set(namespace)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'lime' has no attribute 'LimeGraphExplainer'"):
        lime.LimeGraphExplainer  # noqa: B018 - reading it is the test
    with pytest.raises(ImportError, match="LimeGraphExplainer"):
        exec("from lime import LimeGraphExplainer", {})  # noqa: S102 - keeps type checkers out of it


def test_version_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert lime.__version__ == project["version"]


def test_types_are_shipped() -> None:
    assert files("lime").joinpath("py.typed").is_file()


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("lime.lime_base", ["LimeBase"]),
        (
            "lime.lime_tabular",
            [
                "BaseDiscretizer",
                "DecileDiscretizer",
                "EntropyDiscretizer",
                "LimeTabularExplainer",
                "QuartileDiscretizer",
                "StatsDiscretizer",
                "TableDomainMapper",
                "explanation",
                "lime_base",
            ],
        ),
        (
            "lime.discretize",
            [
                "BaseDiscretizer",
                "DecileDiscretizer",
                "EntropyDiscretizer",
                "QuartileDiscretizer",
                "StatsDiscretizer",
            ],
        ),
        ("lime.explanation", ["DomainMapper", "Explanation", "id_generator"]),
        ("lime.exceptions", ["LimeError"]),
        ("lime.utils.generic_utils", ["has_arg"]),
    ],
)
def test_classic_address_has_its_names(address: str, names: list[str]) -> None:
    module = importlib.import_module(address)
    for name in names:
        assert hasattr(module, name), f"{address} lacks {name}"


def test_classic_addresses_hand_on_the_same_objects() -> None:
    from lime import discretize, explanation, lime_base, lime_tabular
    from lime.engine.base import LimeBase

    assert lime_tabular.LimeTabularExplainer is lime.LimeTabularExplainer
    assert lime_tabular.QuartileDiscretizer is discretize.QuartileDiscretizer
    assert lime_tabular.explanation is explanation
    assert lime_tabular.lime_base is lime_base
    assert lime_base.LimeBase is LimeBase
    assert explanation.Explanation is lime.Explanation


def test_import_of_lime_tabular_makes_explanation_an_attribute() -> None:
    code = "import lime.lime_tabular\nassert 'explanation' in vars(lime)\nlime.explanation.Explanation"
    subprocess.run([sys.executable, "-c", code], check=True)


def takes(a: int, /, b: int, *args: int, c: int, **others: int) -> None: ...


class Takes:
    def __init__(self, first: int) -> None: ...

    def __call__(self, second: int) -> None: ...

    def method(self, third: int) -> None: ...


@pytest.mark.parametrize(
    ("fn", "name", "expected"),
    [
        (takes, "b", True),
        (takes, "c", True),
        (takes, "a", False),  # by position only
        (takes, "args", False),
        (takes, "others", False),
        (takes, "anything", False),  # **others would take it, but nobody knows what for
        (Takes, "first", True),
        (Takes(1), "second", True),
        (Takes(1).method, "third", True),
        (Takes(1).method, "self", False),
        (partial(takes, c=1), "b", True),
        (partial(takes, 1, 2), "b", False),  # given already
        (dict.update, "iterable", False),  # tells no signature
    ],
)
def test_has_arg(fn: object, name: str, expected: bool) -> None:
    from lime.utils.generic_utils import has_arg

    assert has_arg(fn, name) is expected  # type: ignore[arg-type]


def test_has_arg_refuses_what_cannot_be_called() -> None:
    from lime.utils.generic_utils import has_arg

    with pytest.raises(TypeError, match=r"fn=3 is a int: expected a callable"):
        has_arg(3, "x")  # type: ignore[arg-type]
