"""Keys of inputs by content: equal where the content is, whatever else is in the batch and wherever it is."""

import datetime
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image
from scipy import sparse

from lime.models.batches import count_inputs, take_inputs
from lime.models.content import keys_of

MIXED = {
    "number": [1.5, np.nan, -0.0, 3.0],
    "whole": [1, 2, 3, 4],
    "text": ["a", "longer by far", "", None],
    "flag": [True, False, True, False],
    "when": [datetime.datetime(2026, 1, day) for day in (1, 2, 3, 4)],
}


class Tensor:
    """What is asked of a tensor of torch's."""

    def __init__(self, values, place="cpu"):
        self.values, self.place = np.asarray(values), place
        self.shape, self.ndim, self.dtype = self.values.shape, self.values.ndim, f"torch.{self.values.dtype}"

    def detach(self):
        return self

    def cpu(self):
        return Tensor(self.values)

    def contiguous(self):
        return self

    def numpy(self):
        assert self.place == "cpu"
        return self.values

    def __len__(self):
        return len(self.values)

    def __getitem__(self, places):
        return Tensor(self.values[places], self.place)


NUMBERS = np.random.default_rng(0).random((4, 3))
BATCHES = {
    "floats": NUMBERS,
    "float32": NUMBERS.astype(np.float32),
    "integers": np.arange(12).reshape(4, 3),
    "one axis": np.arange(4.0),
    "images": np.random.default_rng(0).integers(0, 255, (4, 5, 5, 3), dtype=np.uint8),
    "not contiguous": np.asfortranarray(NUMBERS),
    "objects": np.array([[1, "a"], [2.5, None], [True, "b"], ["x", np.nan]], dtype=object),
    "array of texts": np.array(["a", "much longer", "", "b"]),
    "times": np.array(["2026-01-01", "2026-01-02", "NaT", "2026-01-03"], dtype="datetime64[D]"),
    "masked": np.ma.masked_array(NUMBERS, NUMBERS > 0.9),
    "texts": ["a", "much longer", "", "ä \ud800"],
    "tuple": ("a", "b", "c", "d"),
    "lists": [[1, 2], [3, 4], [5], []],
    "dicts": [{"a": 1}, {"a": 2}, {"a": 1, "b": None}, {}],
    "arrays": [NUMBERS, NUMBERS[:2], NUMBERS.T, np.zeros(3)],
    "pictures": [Image.new("RGB", (3, 2 + i), (i, 0, 0)) for i in range(4)],
    "tensor": Tensor(NUMBERS, "cuda"),
    "tensors": [Tensor(NUMBERS[i]) for i in range(4)],
    "odd objects": [Decimal("1.5"), Fraction(1, 3), datetime.date(2026, 1, 1), {1, 2}],
    "pandas": pd.DataFrame(MIXED),
    "pandas with categories": pd.DataFrame({"c": pd.Categorical(["a", "b", "a", "c"]), "x": [1, 2, 3, 4]}),
    "pandas nullable": pd.DataFrame({"x": pd.array([1, None, 3, 4], dtype="Int64")}),
    "pandas objects": pd.DataFrame({"x": pd.Series(["a", 1, None, "b"], dtype=object)}),
    "polars": pl.DataFrame(MIXED),
    "polars with nulls": pl.DataFrame(
        {"x": [1, None, 3, 4], "y": pl.Series(["a", "b", "a", None], dtype=pl.Categorical)}
    ),
    "pyarrow": pa.table(MIXED),
    "series": pd.Series(["a", "b", "longer", None]),
    "sparse": sparse.csr_matrix(np.round(NUMBERS)),
    "sparse columns": sparse.csc_matrix(np.round(NUMBERS) + np.eye(4, 3)),
    "columns": {"ids": np.arange(8).reshape(4, 2), "mask": np.ones((4, 2))},
    "frames": [pd.DataFrame({"x": [i]}) for i in range(4)],
}


@pytest.mark.parametrize("kind", BATCHES)
def test_an_input_has_the_key_that_it_has_in_any_other_batch(kind):
    batch = BATCHES[kind]
    whole = keys_of(batch, "m")
    assert len(whole) == count_inputs(batch) == 4
    for places in ([0], [1], [2], [3], [3, 1], [0, 0, 2]):
        part = take_inputs(batch, np.array(places))
        assert keys_of(part, "m") == [whole[place] for place in places]


@pytest.mark.parametrize("kind", BATCHES)
def test_other_inputs_have_other_keys(kind):
    batch = BATCHES[kind]
    different = len({bytes(row) for row in batch.toarray()}) if kind.startswith("sparse") else 4
    assert len(set(keys_of(batch, "m"))) == different


@pytest.mark.parametrize("kind", BATCHES)
def test_another_model_has_other_keys(kind):
    assert not set(keys_of(BATCHES[kind], "m")) & set(keys_of(BATCHES[kind], "n"))


def test_types_shapes_names_and_order_count():
    batches = [
        NUMBERS,
        NUMBERS.astype(np.float32),
        NUMBERS.reshape(4, 3, 1),
        NUMBERS.tolist(),
        pd.DataFrame(NUMBERS, columns=list("abc")),
        pd.DataFrame(NUMBERS, columns=list("abd")),
        pd.DataFrame(NUMBERS, columns=list("abc")).astype({"a": object}),
        pd.DataFrame(NUMBERS, columns=list("abc"))[["b", "a", "c"]],
        pl.DataFrame(NUMBERS, schema=list("abc")),
        sparse.csr_matrix(NUMBERS),
        Tensor(NUMBERS),
    ]
    keys = [key for batch in batches for key in keys_of(batch, "m")]
    assert len(set(keys)) == len(keys) == 4 * len(batches)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a", "b"], ["ab", ""]),
        ([["a", "b"], 1], [["ab"], 1]),
        ([{"a": "b"}, 1], [{"ab": ""}, 1]),
        ([1, 2], [1.0, 2.0]),
        ([True, 2], [1, 2]),
        (["1", 0], [1, 0]),
        ([b"a", 0], ["a", 0]),
        ([{"a": 1, "b": 2}, 0], [{"b": 2, "a": 1}, 0]),  # a prompt that is made of it differs
        ([np.zeros((2, 3)), 0], [np.zeros((3, 2)), 0]),
    ],
)
def test_contents_that_look_alike_are_told_apart(one, other):
    assert keys_of(one, "m")[0] != keys_of(other, "m")[0]


def test_categories_count_where_codes_may():
    one = pd.DataFrame({"c": pd.Categorical(["a"], categories=["a", "b"])})
    other = pd.DataFrame({"c": pd.Categorical(["a"], categories=["b", "a"])})
    assert keys_of(one, "m") != keys_of(other, "m")


def test_the_index_and_the_device_do_not_count():
    frame = pd.DataFrame(NUMBERS, columns=list("abc"))
    assert keys_of(frame, "m") == keys_of(frame.set_axis([5, 6, 7, 8]), "m")
    assert keys_of(Tensor(NUMBERS, "cuda"), "m") == keys_of(Tensor(NUMBERS), "m")


def test_zeros_that_are_stored_twice_or_out_of_order_are_one_row():
    tidy = sparse.csr_matrix(([1.0, 2.0], [0, 2], [0, 2]), shape=(1, 3))
    untidy = sparse.csr_matrix(([2.0, 0.5, 0.5], [2, 0, 0], [0, 3]), shape=(1, 3))
    assert keys_of(tidy, "m") == keys_of(untidy, "m")
    assert untidy.nnz == 3


def test_keys_are_the_same_in_another_process():
    script = (
        "from lime.models.content import keys_of; from fractions import Fraction; "
        "print(*keys_of(['a', {'b': 1.5}, {'x', 'y', 'z'}, Fraction(1, 3)], 'm'))"
    )
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert found.stdout.split() == keys_of(["a", {"b": 1.5}, {"x", "y", "z"}, Fraction(1, 3)], "m")


def test_what_cannot_be_read_is_refused_by_type():
    with pytest.raises(TypeError, match="the content of an object of type generator cannot be read"):
        keys_of([(i for i in range(3))], "m")
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(TypeError, match="the content of an object of type list cannot be read"):
        keys_of([endless], "m")
