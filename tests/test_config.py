"""The settings: for the process, for a while, from the environment."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

import lime
from lime import config_context, get_config, set_config


@pytest.fixture(autouse=True)
def _settings_restored() -> Iterator[None]:
    before = get_config()["sampling_method"]
    yield
    set_config(sampling_method=before)


def in_fresh_interpreter(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "LIME_SAMPLING_METHOD"}
    return subprocess.run([sys.executable, "-c", code], env=inherited | environment, capture_output=True, text=True)


PRINT = "import lime; print(lime.get_config()['sampling_method'])"


def test_default_and_environment() -> None:
    assert in_fresh_interpreter(PRINT).stdout.strip() == "auto"
    assert in_fresh_interpreter(PRINT, LIME_SAMPLING_METHOD="classic").stdout.strip() == "classic"
    assert in_fresh_interpreter(PRINT, LIME_SAMPLING_METHOD="").stdout.strip() == "auto"


def test_environment_is_read_at_first_use() -> None:
    code = f"import os, lime; os.environ['LIME_SAMPLING_METHOD'] = 'lhs'; {PRINT}"
    assert in_fresh_interpreter(code).stdout.strip() == "lhs"


def test_set_config_wins_over_the_environment() -> None:
    code = f"import lime; lime.set_config(sampling_method='sobol'); {PRINT}"
    assert in_fresh_interpreter(code, LIME_SAMPLING_METHOD="lhs").stdout.strip() == "sobol"


def test_unknown_name_in_the_environment_is_refused() -> None:
    done = in_fresh_interpreter(PRINT, LIME_SAMPLING_METHOD="best")
    assert done.returncode == 1
    assert "ValueError: LIME_SAMPLING_METHOD='best' is unknown: expected one of 'auto', " in done.stderr


@pytest.mark.parametrize("name", ["best", "", 3, ["auto"]])
def test_unknown_name_is_refused_and_changes_nothing(name: object) -> None:
    set_config(sampling_method="sobol")
    message = f"sampling_method={re.escape(repr(name))} is unknown: expected one of 'auto', "
    with pytest.raises(ValueError, match=message):
        set_config(sampling_method=name)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message), config_context(sampling_method=name):  # type: ignore[arg-type]
        pass
    assert get_config() == {"sampling_method": "sobol"}


def test_what_is_returned_is_a_copy() -> None:
    get_config()["sampling_method"] = "classic"
    assert lime.get_config()["sampling_method"] != "classic"


def test_contexts_nest_and_end_with_an_error_too() -> None:
    set_config(sampling_method="sobol")
    with config_context(sampling_method="classic"):
        assert get_config()["sampling_method"] == "classic"
        with contextlib.suppress(KeyError), config_context(sampling_method="lhs"):
            assert get_config()["sampling_method"] == "lhs"
            raise KeyError
        assert get_config()["sampling_method"] == "classic"
        set_config(sampling_method="gaussian")
        assert get_config()["sampling_method"] == "gaussian"
    assert get_config()["sampling_method"] == "sobol"


def test_a_context_is_its_threads_own_and_set_config_is_everyones() -> None:
    seen: list[str] = []

    def look() -> None:
        seen.append(get_config()["sampling_method"])

    set_config(sampling_method="sobol")
    with config_context(sampling_method="classic"):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    set_config(sampling_method="lhs")
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == ["sobol", "lhs"]
