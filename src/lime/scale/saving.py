"""Explainers in files: what they learned, as JSON and arrays, without pickled code.

Training rows are written only where the neighbourhood is made of them; ``training_rows`` in the JSON says how many.

A file is a zip archive. ``explainer.json`` holds the format's version, the class and its attributes, and a checksum
over all content; arrays stand in ``arrays.npz``, and the JSON points at them. Only the classes and functions in
`lime.scale.tags` are ever made from a file, no other module is imported, and none of them is called: reading a
stranger's file runs no code.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import math
import os
import types
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from lime.domains.explainer import Explainer
from lime.results.checksums import CHECKSUM, content_digest
from lime.results.exceptions import LimeError
from lime.results.files import writing
from lime.scale.fingerprint import CACHES
from lime.scale.tags import tag_of, thing_of
from lime.scale.trial import try_explainer

__all__ = ["FORMAT", "load_explainer", "save_explainer"]

FORMAT = "lime.explainer/1"
_FAMILY = FORMAT.split("/")[0]
_STATE, _ARRAYS = "explainer.json", "arrays.npz"
_EXACT_INTEGERS = 2**63
_ALWAYS, _RATIO = 2**26, 100
"""Bytes that a part of a file may always have when it is unpacked, and as a multiple of what it has in the file."""


def save_explainer(explainer: Explainer, path: str | os.PathLike[str]) -> None:
    """Write an explainer to a file; see `Explainer.save`.

    Parameters
    ----------
    explainer : Explainer
        Of a class of this package.
    path : str or path
        A file that is there is replaced once the new one is complete.

    Raises
    ------
    LimeError
        It holds code of the user's own, such as a kernel or a discretizer.
    """
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    if getattr(explainer, "_own_columns", None):
        raise LimeError(
            f"cannot save {type(explainer).__name__}: column_distributions are code of the user's own, and files hold "
            "statistics only; pickle the explainer instead"
        )
    writer = _Writer(arrays, [explainer.random_state])
    written = writer.write(explainer, type(explainer).__name__)
    content: dict[str, Any] = {"format": FORMAT, "training_rows": _rows_in(explainer), "explainer": written}
    content[CHECKSUM] = _checksum(content, arrays)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    text, packed = json.dumps(content, allow_nan=False).encode("ascii"), buffer.getvalue()
    with writing(path) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_STATE, text)
        archive.writestr(_ARRAYS, packed)


def _rows_in(explainer: Explainer) -> int:
    """How many training rows are written with an explainer, for whoever looks into its file."""
    kept = getattr(getattr(explainer, "_surroundings", None), "kept", None)
    return 0 if kept is None else len(kept)


def load_explainer(path: str | os.PathLike[str], expected: type | None = None) -> Any:
    """Read an explainer from a file; see `Explainer.load`.

    Parameters
    ----------
    path : str or path
        A file that `save_explainer` wrote.
    expected : type, optional
        Class that the explainer must be of; any explainer when None.

    Returns
    -------
    Explainer

    Raises
    ------
    LimeError
        The file is of a format that this release does not know, holds another kind of explainer, was changed, or is
        damaged.
    FileNotFoundError
        There is no such file.
    """
    name = os.fsdecode(path)
    try:
        with zipfile.ZipFile(path) as archive:
            content = json.loads(_member(archive, _STATE))
            _check_format(content, name)
            arrays = _arrays_of(_member(archive, _ARRAYS))
        explainer = _Reader(arrays).read(content["explainer"])
        wanted = Explainer if expected is None else expected
        if not isinstance(explainer, wanted):
            raise LimeError(f"{name} holds a {type(explainer).__name__}: expected a {wanted.__name__}")
        if CHECKSUM not in content:  # of before there were checksums, or changed on purpose
            try_explainer(_Reader(arrays).read(content["explainer"]))
        elif content[CHECKSUM] != _checksum(content, arrays):
            raise LimeError(
                f"{name} was changed: its content does not have the checksum that it was written with; whoever changed "
                f"it on purpose removes its {CHECKSUM!r}"
            )
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except LimeError as error:
        raise (error if name in str(error) else LimeError(f"{name} is no explainer, or damaged: {error}")) from error
    except Exception as error:  # whatever a stranger's content makes a reader raise
        raise LimeError(f"{name} is no explainer, or damaged: {type(error).__name__}: {error}") from error
    return explainer


def _check_format(content: Any, name: str) -> None:
    """Refuse content that this release does not read."""
    found = content.get("format") if isinstance(content, dict) else None
    if not isinstance(found, str) or found.split("/")[0] != _FAMILY:
        raise LimeError(f"{name} is no explainer: expected the format {FORMAT!r}, got {found!r}")
    if found != FORMAT:
        raise LimeError(
            f"cannot read {name}: it is of format {found!r}, and this release of lime reads {FORMAT!r} only; "
            "install the release that wrote it, or a later one"
        )


def _checksum(content: dict[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]]) -> str:
    """A digest of all that a file holds, but for the checksum itself."""
    described = []
    for name in sorted(arrays):
        array = arrays[name]
        digest = hashlib.blake2b(np.ascontiguousarray(array).tobytes(), digest_size=16).hexdigest()
        described.append([name, array.dtype.str, list(array.shape), digest])
    return content_digest([{key: part for key, part in content.items() if key != CHECKSUM}, described])


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A part of an archive; zipfile compares it with its checksum, and unpacks no more than it says to hold.

    Raises
    ------
    ValueError
        It would take far more memory than an explainer does.
    """
    about = archive.getinfo(name)
    if about.file_size > max(_ALWAYS, _RATIO * about.compress_size):
        raise ValueError(
            f"{name} takes {about.compress_size:,} bytes in the file and {about.file_size:,} when it is unpacked"
        )
    return archive.read(about)


def _arrays_of(content: bytes) -> dict[str, Any]:
    """The arrays of an npz archive, each of which fills what it stands in."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sizes = [about.file_size for about in archive.infolist()]
        if sum(sizes) > max(_ALWAYS, _RATIO * len(content)):
            raise ValueError(f"{_ARRAYS} holds {len(content):,} bytes and {sum(sizes):,} when it is unpacked")
        for about in archive.infolist():
            file = io.BytesIO(_member(archive, about.filename))
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(file)
            if math.prod(shape) * dtype.itemsize != about.file_size - file.tell():
                raise ValueError(f"{about.filename} does not fill an array of {dtype} of shape {shape}")
            file.seek(0)
            found[about.filename.removesuffix(".npy")] = np.load(file, allow_pickle=False)
    return found


class _Writer:
    def __init__(self, arrays: dict[str, np.ndarray[Any, Any]], anew: Sequence[Any] = ()) -> None:
        self._arrays = arrays
        self._anew = anew
        self._seen: dict[int, int] = {}
        self._alive: list[Any] = []

    def write(self, value: Any, where: str) -> Any:
        """Return a value as JSON holds it; what JSON has no form for is a dict with the one key that names it."""
        if value is None or isinstance(value, str | bool):
            return str(value) if isinstance(value, str) else value
        if isinstance(value, np.generic):
            return {"scalar": self._array(np.asarray(value))}
        if isinstance(value, int):
            return value if abs(value) < _EXACT_INTEGERS else {"int": str(value)}
        if isinstance(value, float):
            return value if np.isfinite(value) else {"float": repr(value)}
        if isinstance(value, np.random.RandomState):
            # An explainer's own begins anew when it is read; a discretizer's goes on where it stood.
            state = None if value in self._anew else value.get_state(legacy=True)
            return self._once(value, lambda: {"random": self.write(state, where)})
        if isinstance(value, np.ndarray):
            if value.dtype != object and value.dtype.kind != "T":
                return {"array": self._array(value)}
            items = [self.write(item, where) for item in value.ravel().tolist()]
            return {
                "objects": items,
                "shape": list(value.shape),
                "dtype": value.dtype.str if value.dtype == object else "T",
            }
        if isinstance(value, list):
            return [self.write(item, f"{where}[{k}]") for k, item in enumerate(value)]
        if isinstance(value, tuple):
            return {"tuple": [self.write(item, f"{where}[{k}]") for k, item in enumerate(value)]}
        if isinstance(value, set | frozenset):
            kind = "set" if isinstance(value, set) else "frozenset"
            return {kind: [self.write(item, where) for item in sorted(value, key=repr)]}
        if isinstance(value, Mapping) and type(value) in (dict, types.MappingProxyType):
            pairs = [[self.write(key, where), self.write(item, f"{where}[{key!r}]")] for key, item in value.items()]
            return {"dict": pairs}
        if isinstance(value, functools.partial):
            own = [] if type(value) is functools.partial else [type(value)]
            parts = (value.func, value.args, value.keywords, *own)
            return {"partial": [self.write(part, where) for part in parts]}
        form = _foreign(value)
        if form is not None:
            return form
        if isinstance(value, type | types.FunctionType):
            return {"name": self._own_name(value, where)}
        if _is_ours(type(value)):
            return self._once(value, lambda: self._object(value, where))
        raise LimeError(
            f"cannot save {where}: it is a {type(value).__module__}.{type(value).__qualname__}, which the file has no "
            "form for; pickle the explainer instead"
        )

    def _object(self, value: Any, where: str) -> Any:
        state = {key: part for key, part in vars(value).items() if key not in CACHES}
        written = {key: self.write(part, f"{where}.{key}") for key, part in state.items()}
        caches = [key for key in vars(value) if key in CACHES]
        return {"object": self._own_name(type(value), where), "state": written, "caches": caches}

    def _once(self, value: Any, make: Any) -> Any:
        """What stands in several places is one thing when it is read, too."""
        if id(value) in self._seen:
            return {"same": self._seen[id(value)]}
        number = self._seen[id(value)] = len(self._seen)
        self._alive.append(value)
        return {"number": number, **make()}

    def _own_name(self, value: Any, where: str) -> str:
        tag = tag_of(value)
        if tag is None:
            raise LimeError(
                f"cannot save {where}: {value.__module__}.{value.__qualname__} is code of the user's own, and files "
                "hold statistics only; pickle the explainer instead"
            )
        return tag

    def _array(self, value: Any) -> str:
        key = f"a{len(self._arrays)}"
        self._arrays[key] = value
        return key


class _Reader:
    def __init__(self, arrays: dict[str, Any]) -> None:
        self._arrays = arrays
        self._made: dict[int, Any] = {}

    def read(self, form: Any) -> Any:
        """Undo `_Writer.write`."""
        if isinstance(form, list):
            return [self.read(item) for item in form]
        if not isinstance(form, dict):
            return form
        if "same" in form:
            return self._made[form["same"]]
        if "object" in form:
            return self._object(form)
        if "random" in form:
            state = np.random.RandomState()
            if form["random"] is not None:
                state.set_state(self.read(form["random"]))
            self._made[form["number"]] = state
            return state
        if "objects" in form:
            dtype: Any = object if form["dtype"] != "T" else np.dtypes.StringDType()
            result: np.ndarray[Any, Any] = np.empty(len(form["objects"]), dtype=dtype)
            result[:] = [self.read(item) for item in form["objects"]]
            return result.reshape(form["shape"])
        ((kind, content),) = form.items()
        if kind == "array":
            return self._arrays[content]
        if kind == "scalar":
            return self._arrays[content][()]
        if kind == "dict":
            return {self.read(key): self.read(item) for key, item in content}
        if kind in ("int", "float"):
            return int(content) if kind == "int" else float(content)
        if kind in ("tuple", "set", "frozenset"):
            made = {"tuple": tuple, "set": set, "frozenset": frozenset}[kind]
            return made(self.read(item) for item in content)
        if kind == "partial":
            function, arguments, keywords, *own = (self.read(part) for part in content)
            made_of = own[0] if own else functools.partial
            if not (isinstance(made_of, type) and issubclass(made_of, functools.partial)):
                raise LimeError(f"a file may not call {made_of!r}")
            return made_of(function, *arguments, **keywords)
        return _named(content) if kind == "name" else _from_foreign(kind, content)

    def _object(self, form: dict[str, Any]) -> Any:
        kind = _named(form["object"])
        if not isinstance(kind, type):
            raise LimeError(f"{form['object']} is no class")
        result: Any = object.__new__(kind)
        self._made[form["number"]] = result
        for key, part in form["state"].items():
            object.__setattr__(result, key, self.read(part))
        for key in form["caches"]:
            object.__setattr__(result, key, {})
        if isinstance(result, Explainer):
            _revive(result)
        return result


def _revive(explainer: Explainer) -> None:
    """Random states begin anew: at the seed where there is one, in numpy's global state otherwise."""
    old, seed = explainer.random_state, explainer.current_seed()
    discretizer = getattr(explainer, "discretizer", None)
    explainer.seed_with(seed)
    if discretizer is not None and discretizer.random_state is not old:
        explainer.discretizer = discretizer  # type: ignore[attr-defined]
    for part in (explainer.base, getattr(explainer, "discretizer", None)):
        if part is not None and getattr(part, "random_state", None) is old:
            part.random_state = explainer.random_state


def _is_ours(value: Any) -> bool:
    module = getattr(value, "__module__", "") or ""
    return module == "lime" or module.startswith("lime.") or value is StandardScaler


def _named(name: str) -> Any:
    """The class or function of a tag, if it is one that files may name."""
    try:
        return thing_of(name)
    except (KeyError, TypeError):
        raise LimeError(f"a file may not name {name!r}") from None


def _foreign(value: Any) -> dict[str, Any] | None:
    """Types and headers of the frames that a table was trained on."""
    if isinstance(value, np.dtype):
        return {"numpy_dtype": value.str if value.kind != "T" else "T"}
    if value is sparse.csr_matrix or value is sparse.csr_array:
        return {"scipy_sparse": value.__name__}
    owner = type(value).__module__.partition(".")[0]
    if owner == "pandas":
        return _pandas_form(value)
    if owner == "polars" or (isinstance(value, type) and value.__module__.startswith("polars")):
        return _polars_form(value)
    if owner == "pyarrow":
        import pyarrow as pa

        schema = value if isinstance(value, pa.Schema) else None
        if schema is None and isinstance(value, pa.DataType):
            schema = pa.schema([("", value)])
        if schema is not None:
            import base64

            bare = base64.b64encode(schema.serialize().to_pybytes()).decode()
            return {"pyarrow_schema" if isinstance(value, pa.Schema) else "pyarrow_type": bare}
    return None


def _pandas_form(value: Any) -> dict[str, Any] | None:
    import pandas as pd

    if value is pd.NA or value is pd.NaT:
        return {"pandas_missing": "NA" if value is pd.NA else "NaT"}
    if isinstance(value, pd.CategoricalDtype):
        kinds = value.categories
        plain = None if kinds is None else _Writer({}).write(kinds.tolist(), "a categorical column")
        inner = None if kinds is None else _foreign(kinds.dtype)
        return {"pandas_category": [plain, inner, bool(value.ordered)]}
    if isinstance(value, pd.api.extensions.ExtensionDtype):
        name = str(value)
        try:
            if pd.api.types.pandas_dtype(name) == value:
                return {"pandas_dtype": name}
        except (TypeError, ValueError, NotImplementedError):
            pass
        if isinstance(value, pd.ArrowDtype):
            return {"pandas_arrow": _foreign(value.pyarrow_dtype)}
        return {"pandas_string": value.storage} if isinstance(value, pd.StringDtype) else None
    if isinstance(value, pd.MultiIndex):
        return None
    if isinstance(value, pd.Index):
        names = _Writer({}).write(value.tolist(), "the names of columns")
        return {"pandas_index": [names, _foreign(value.dtype), _Writer({}).write(value.name, "the columns' name")]}
    return None


def _polars_form(value: Any) -> dict[str, Any] | None:
    import polars as pl

    dtype = value
    if dtype == pl.Enum and not isinstance(dtype, type):
        return {"polars_enum": dtype.categories.to_list()}
    if isinstance(dtype, pl.Datetime | pl.Duration):
        return {"polars_time": [dtype.time_unit, getattr(dtype, "time_zone", None), isinstance(dtype, pl.Duration)]}
    if isinstance(dtype, pl.Decimal):
        return {"polars_decimal": [dtype.precision, dtype.scale]}
    name = str(dtype.base_type() if hasattr(dtype, "base_type") else dtype)
    plain = getattr(pl, name, None)
    if plain is None or plain != dtype:
        return None
    return {"polars_dtype": [name, isinstance(dtype, type)]}


def _from_foreign(kind: str, content: Any) -> Any:
    if kind == "numpy_dtype":
        return np.dtypes.StringDType() if content == "T" else np.dtype(content)
    if kind == "scipy_sparse":
        return sparse.csr_array if content == "csr_array" else sparse.csr_matrix
    if kind.startswith("pandas"):
        import pandas as pd

        if kind == "pandas_missing":
            return pd.NA if content == "NA" else pd.NaT
        if kind == "pandas_dtype":
            return pd.api.types.pandas_dtype(content)
        if kind == "pandas_arrow":
            return pd.ArrowDtype(_Reader({}).read(content))
        if kind == "pandas_string":
            return pd.StringDtype(content)
        reader = _Reader({})
        if kind == "pandas_category":
            values, inner, ordered = content
            kinds = None if values is None else pd.Index(reader.read(values), dtype=reader.read(inner))
            return pd.CategoricalDtype(kinds, ordered=ordered)
        if kind == "pandas_index":
            names, dtype, name = content
            return pd.Index(reader.read(names), dtype=reader.read(dtype), name=reader.read(name))
    if kind.startswith("polars"):
        import polars as pl

        if kind == "polars_enum":
            return pl.Enum(content)
        if kind == "polars_time":
            unit, zone, is_span = content
            return pl.Duration(unit) if is_span else pl.Datetime(unit, zone)
        if kind == "polars_decimal":
            return pl.Decimal(*content)
        name, bare = content
        found = getattr(pl, name)
        if not (isinstance(found, type) and issubclass(found, pl.DataType)):
            raise LimeError(f"polars has no data type {name!r}")
        return found if bare else found()
    if kind in ("pyarrow_schema", "pyarrow_type"):
        import base64

        import pyarrow as pa

        schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(content)))
        return schema if kind == "pyarrow_schema" else schema.field(0).type
    raise LimeError(f"unknown form {kind!r}")
