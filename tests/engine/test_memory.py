"""More samples than any memory holds are refused in a sentence before it is asked for, in every explainer and door."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from lime import LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer, RecurrentTabularExplainer
from lime.cli import main
from lime.engine import memory
from lime.engine.stopping import Auto

ROWS = np.random.default_rng(0).normal(size=(60, 3))
SERIES = np.random.default_rng(0).normal(size=(30, 4, 2))
IMAGE = np.random.default_rng(0).random((80, 80, 3))
SPARSE: Any = sparse.random(50, 400, density=0.2, format="csr", random_state=0)
WORDS = " ".join(f"w{k}" for k in range(70))
FEW_WORDS = "one two three four five six seven eight"
FAR_TOO_MANY = [10**11, 10**15, 10**19, 10**40]
SENTENCE = r"num_samples=\d+ with \d+ features? takes [\d,.]+ GB of memory or more, and there are .* GB: pass a smaller"


def probabilities(batch: Any) -> Any:
    n = batch.shape[0] if hasattr(batch, "shape") else len(batch)
    p = 0.25 + 0.5 * np.arange(n) / n
    return np.column_stack([1 - p, p])


def never(batch: Any) -> Any:
    raise AssertionError("the model was asked")


def many(image: Any) -> Any:
    return np.arange(6400).reshape(80, 80)


DOORS = {
    "table": lambda n, **more: LimeTabularExplainer(ROWS).explain_instance(ROWS[0], never, num_samples=n, **more),
    "numbers": lambda n, **more: LimeTabularExplainer(ROWS, discretize_continuous=False).explain_instance(
        ROWS[0], never, num_samples=n, **more
    ),
    "around": lambda n, **more: LimeTabularExplainer(
        ROWS, discretize_continuous=False, sample_around_instance=True
    ).explain_instance(ROWS[0], never, num_samples=n, **more),
    "sparse": lambda n, **more: LimeTabularExplainer(SPARSE).explain_instance(SPARSE[0], never, num_samples=n, **more),
    "rows": lambda n, **more: LimeTabularExplainer(ROWS).explain_instances(ROWS[:2], never, num_samples=n, **more),
    "series": lambda n, **more: RecurrentTabularExplainer(SERIES).explain_instance(
        SERIES[0], never, num_samples=n, **more
    ),
    "text": lambda n, **more: LimeTextExplainer().explain_instance(WORDS, never, num_samples=n, **more),
    "texts": lambda n, **more: LimeTextExplainer().explain_instances([WORDS] * 2, never, num_samples=n, **more),
    "characters": lambda n, **more: LimeTextExplainer(char_level=True, bow=False).explain_instance(
        WORDS, never, num_samples=n, **more
    ),
    "image": lambda n, **more: LimeImageExplainer().explain_instance(
        IMAGE, never, segmentation_fn=many, num_samples=n, progress_bar=False, **more
    ),
}


@pytest.mark.parametrize("number", FAR_TOO_MANY)
@pytest.mark.parametrize("door", DOORS)
def test_far_too_many_samples(door: str, number: int) -> None:
    with pytest.raises(ValueError, match=SENTENCE):
        DOORS[door](number)


@pytest.mark.parametrize("door", sorted(set(DOORS) - {"rows"}))
def test_with_the_draws_of_the_old_package(door: str) -> None:
    with pytest.raises(ValueError, match=SENTENCE):
        DOORS[door](10**12, sampling_method="classic")


@pytest.mark.parametrize("door", DOORS)
def test_in_stages(door: str) -> None:
    with pytest.raises(ValueError, match=SENTENCE):
        DOORS[door](Auto(budget=10**12))


def test_all_masks_of_few_units_are_few_however_many_samples_are_allowed() -> None:
    exp = LimeTextExplainer(random_state=0).explain_instance(FEW_WORDS, probabilities, num_samples=10**15)
    assert exp.num_model_calls == 2**8
    halves = np.repeat([[0] * 40 + [1] * 40], 80, axis=0)
    of_image = LimeImageExplainer(random_state=0).explain_instance(
        IMAGE, probabilities, segmentation_fn=lambda _: halves, num_samples=10**15, progress_bar=False
    )
    assert of_image.num_model_calls <= 5


def test_what_fits_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = 2 * 199 * 3 * 8
    monkeypatch.setattr(memory, "machine_memory", lambda: needed)
    exp = LimeTabularExplainer(ROWS, random_state=0).explain_instance(ROWS[0], probabilities, num_samples=200)
    assert len(exp.as_list()) == 3
    monkeypatch.setattr(memory, "machine_memory", lambda: needed - 1)
    with pytest.raises(ValueError, match="pass a smaller num_samples"):
        LimeTabularExplainer(ROWS, random_state=0).explain_instance(ROWS[0], probabilities, num_samples=200)


def test_a_process_that_may_not_have_it_is_told_in_the_same_sentence() -> None:
    sentence = r"num_samples=5 with 1 feature takes 0\.1 GB .* this process cannot have"
    with pytest.raises(ValueError, match=sentence), memory.room_for_samples(5, 1, 5):
        raise MemoryError
    with pytest.raises(KeyError), memory.room_for_samples(5, 1, 5):
        raise KeyError  # what is wrong otherwise is said as it is


def test_where_the_system_tells_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_LIMIT_OF_GROUP", limit)
    whole = memory.machine_memory()
    assert whole is not None
    limit.write_text("max\n")
    assert memory.machine_memory() == whole
    limit.write_text(f"{10**6}\n")
    assert memory.machine_memory() == 10**6
    assert memory.rows_that_fit(25_000) == 5
    assert memory.rows_that_fit(10**9) == 1
    limit.unlink()
    monkeypatch.delattr(os, "sysconf")
    assert memory.machine_memory() is None
    assert memory.rows_that_fit(1) is None
    with memory.room_for_samples(10**20, 1, 10**20):
        pass


@pytest.mark.parametrize("batch_size", [None, 10**9, 2])
def test_batches_of_pictures_have_at_most_what_fits(batch_size: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "machine_memory", lambda: 8 * 3 * IMAGE.nbytes)
    seen: list[int] = []

    def model(batch: Any) -> Any:
        seen.append(len(batch))
        return probabilities(batch)

    blocks = np.arange(6400).reshape(80, 80) // 1000
    exp = LimeImageExplainer(random_state=0).explain_instance(
        IMAGE, model, segmentation_fn=lambda _: blocks, num_samples=40, batch_size=batch_size, progress_bar=False
    )
    assert max(seen) == (2 if batch_size == 2 else 3)
    assert sum(seen) == exp.num_model_calls


def test_the_command_says_so_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n" + "".join(f"{k},{k * k % 7}\n" for k in range(40)))
    command = [
        "explain",
        "builtins:len",
        str(tmp_path / "rows.csv"),
        "--row",
        "0",
        "--num-samples",
        str(10**14),
        "--classic",
    ]
    assert main(command) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "num_samples=100000000000000 with 2 features takes" in line
