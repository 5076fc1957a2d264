"""What the explainers of all data types have in common: their kernel, their random numbers, their classes' names."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from lime.domains.base import Neighborhood
from lime.domains.class_names import contradiction, names_in_order
from lime.domains.probe import Probe
from lime.domains.width import choose_width
from lime.engine.answers import names_of_columns
from lime.engine.base import LimeBase
from lime.engine.kernels import Kernel, exponential_kernel
from lime.engine.law import SizeLaw
from lime.engine.model import Predict, classes_of, resolve_predict
from lime.engine.threads import threads_for
from lime.engine.widths import ChosenWidth
from lime.results.explanation import Explanation

if TYPE_CHECKING:
    import os

    from lime.results.explanations import Explanations
    from lime.scale.frames import FrameFunction
    from lime.trust.repeated import StabilityReport

MODES = ("classification", "regression")


class Explainer:
    """Settings that every explainer has; users may change them between calls.

    Attributes
    ----------
    base : LimeBase
        Weights draws by proximity and fits the surrogate; may be replaced by a subclass of the user's.
    random_state : RandomState
    class_names : sequence of str or None
    feature_selection : str
    mode : {"classification", "regression"}
    """

    base: LimeBase
    random_state: np.random.RandomState
    class_names: Any = None
    feature_selection: str = "auto"
    mode: str = "classification"

    # What `explain_instance` calls the model, for messages.
    _model_argument = "classifier_fn"

    # Dimensions that the array of one instance may have; 0 stands for a text.
    _instance_dimensions: tuple[int, ...] = (1,)

    def _seed_with(self, random_state: int | np.random.RandomState | None) -> None:
        """Take an int as the seed of every call, a RandomState as a stream that calls advance."""
        try:
            self.random_state = check_random_state(random_state)
        except ValueError as error:
            raise ValueError(
                f"random_state={random_state!r}: expected a whole number from 0 to 2^32 - 1, a numpy RandomState, "
                "or None"
            ) from error
        self._seed = int(random_state) if isinstance(random_state, int | np.integer) else None
        self._seeded_state = self.random_state

    def _generator(self) -> np.random.Generator:
        """Random numbers of one call: the same for every call of an explainer with an int as seed."""
        if self._seed is not None and self.random_state is self._seeded_state:
            return np.random.default_rng(self._seed)
        state = check_random_state(self.random_state)
        return np.random.default_rng(state.randint(0, 2**32, size=4, dtype=np.uint32))

    def _weigh_with(
        self, kernel: Kernel | None, kernel_width: Any, verbose: bool, usual_width: float, or_none: str = ""
    ) -> None:
        """Check a kernel and its width and make the base of them; ``'auto'`` draws with the usual width.

        Raises
        ------
        ValueError
            If the width is not a number above 0, or the kernel cannot be called; the message names the argument.
        """
        auto = isinstance(kernel_width, str) and kernel_width == "auto"
        width = usual_width if auto else kernel_width
        if isinstance(width, str | bool) or not np.isfinite(width) or width <= 0:
            raise ValueError(f"kernel_width={kernel_width!r}: expected a number above 0, 'auto'{or_none}")
        if kernel is not None and not callable(kernel):
            raise ValueError(f"kernel={kernel!r}: expected a callable kernel(distances, kernel_width), or None")
        weigh = (ChosenWidth if auto else partial)(kernel or exponential_kernel, kernel_width=float(width))
        self.base = LimeBase(weigh, verbose, random_state=self.random_state)

    def _suit(
        self,
        exp: Explanation,
        neighborhood: Neighborhood,
        labels: Sequence[int],
        num_features: int,
        law_of: Callable[[Self], SizeLaw | None] | None = None,
    ) -> tuple[Neighborhood, LimeBase]:
        """With ``kernel_width='auto'`` the base of the width that suits the draws, and the draws under that base.

        `law_of` gives the law of the draws under an explainer, for data types that know it. Without ``'auto'`` both
        stay as they are.
        """
        own = self.base.kernel_fn
        if not isinstance(own, ChosenWidth) or type(self.base) is not LimeBase:
            return neighborhood, self.base
        usual = float(own.keywords["kernel_width"])
        width, sentence = choose_width(own.func, usual, neighborhood, labels, num_features, self.feature_selection)
        other = copy.copy(self)
        weigh = partial(own.func, kernel_width=width)
        other.base = LimeBase(weigh, self.base.verbose, random_state=self.base.random_state)
        exp.kernel_width = width
        exp.warnings.append(sentence)
        if neighborhood.law is not None and law_of is not None:
            neighborhood = replace(neighborhood, law=law_of(other))
        return neighborhood, other.base

    def explain_instance(self, *args: Any, **kwargs: Any) -> Explanation:
        """Explain one instance; every explainer has its own settings here."""
        raise NotImplementedError(f"{type(self).__name__} must define explain_instance")

    def _complete(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Settings of `explain_instance` with its defaults for those that are not given.

        Raises
        ------
        TypeError
            If there is no such setting; the message names it.
        """
        defaults: dict[str, Any] = {}
        for kind in type(self).__mro__:
            if "explain_instance" in vars(kind):
                parameters = list(inspect.signature(vars(kind)["explain_instance"]).parameters.values())
                named = [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
                # The first three are the explainer, the instance and the model.
                defaults |= {one.name: one.default for one in named[3:] if one.name not in defaults}
                if all(one.kind is not one.VAR_KEYWORD for one in parameters):
                    break  # else it hands on what it does not name
        unknown = [name for name in settings if name not in defaults]
        if unknown:
            raise TypeError(
                f"{unknown[0]}={settings[unknown[0]]!r}: explain_instance has no such setting; expected one of "
                f"{', '.join(defaults)}"
            )
        optional = {name: value for name, value in defaults.items() if value is not inspect.Parameter.empty}
        return {**optional, **settings}

    def _goes_its_own_way(self) -> bool:
        """Whether a program overrides `explain_instance`, so that each instance must go through it."""
        return "explain_instance" in vars(self) or not type(self).explain_instance.__module__.startswith("lime.")

    def _prepare(self, predict_fn: Any, settings: dict[str, Any]) -> Any:
        """What all instances share, found once; None where they share nothing. It can be pickled."""
        self._complete(settings)
        return None

    def _explain_batch(
        self, prepared: Any, instances: Sequence[Any], predict_fn: Any, settings: dict[str, Any]
    ) -> Iterator[Explanation | Exception]:
        """Explain several instances with what `_prepare` found; an instance that fails comes back as its error.

        The numbers of an explainer with a seed are those that each instance gets alone.
        """
        for instance in instances:
            try:
                yield self.explain_instance(instance, predict_fn, **settings)
            except Exception as error:
                yield error

    def _in_batches(self, prepared: Any) -> AbstractContextManager[None]:
        """What holds around calls of `_explain_batch`: one thread where they are one small fit after another."""
        return nullcontext() if prepared is None else threads_for(0.0)

    def explain_instances(
        self,
        data: Any,
        predict_fn: Any,
        *,
        n_jobs: int | None = None,
        batch_size: int | None = None,
        progress_bar: bool | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        errors: str = "raise",
        **settings: Any,
    ) -> Explanations:
        """Explain many instances.

        With an int as `random_state` each has the numbers that it has alone, in any order, with any `batch_size`
        and any number of workers. Without one, all of them are explained with one seed, drawn for the call. Not
        looked for are pairs of features that work together, of which an explanation by itself warns.

        Parameters
        ----------
        data : frame, array, sparse matrix, Series, sequence or iterator
            The instances: rows of a table, texts, pictures or series. An iterator gives instances, or chunks of
            them in any of the other forms; it is read as the work goes on, so that data need not fit into memory.
            Rows of tables may come as a list of frames, one under another.
        predict_fn : callable or model
            As for `explain_instance`.
        n_jobs : int, optional
            How many workers, as joblib counts them: None is 1, or what ``joblib.parallel_config`` says, whose
            backend is used (processes, threads, Dask, Ray, Spark); -1 is all cores.
        batch_size : int, optional
            Most inputs in one call of the model.
        progress_bar : bool, optional
            Whether to show a bar with rows per second. When None, where somebody watches and it takes long.
        checkpoint : path, optional
            A folder for finished rows. The same call goes on where an earlier one stopped, however it ended, and
            tries rows again that could not be explained. A folder of another explainer, other settings, other data
            (also the same with more rows, where the run has seen its end) or a model that answers differently is
            refused. The result reads its rows from there: the folder must stay for as long as it is used. Needs
            pyarrow. One process at a time may use it.
        errors : {"raise", "record"}
            Whether an instance that cannot be explained ends the call, or is recorded with its error.
        **settings
            All others of `explain_instance`. Of a `model_regressor` copies are fitted, and it stays as it is.

        Returns
        -------
        Explanations

        Raises
        ------
        TypeError
            There is no such setting.
        ValueError
            A setting or the data is not what is described here; with ``errors="raise"`` whatever was raised.
        LimeError
            The checkpoint is another call's, is damaged or cannot be written.
        """
        from lime.scale.run import explain_instances

        return explain_instances(
            self,
            data,
            predict_fn,
            n_jobs=n_jobs,
            batch_size=batch_size,
            progress_bar=progress_bar,
            checkpoint=checkpoint,
            errors=errors,
            **settings,
        )

    def frame_function(
        self,
        model: Any,
        output: str = "long",
        *,
        id_column: str | None = None,
        id_type: str | None = None,
        column: str | None = None,
        errors: str = "record",
        **settings: Any,
    ) -> FrameFunction:
        """Return a picklable function that explains the rows of a frame: for engines that map functions.

        Parameters
        ----------
        model : callable or model
            As for `explain_instance`.
        output : {"long"}
            One record for each row, label and feature; the columns are those of `lime.results.tidy`.
        id_column : str, optional
            The column that names rows; a pandas frame's index when None, else their numbers in the frame. The
            parts of a distributed table all begin at 0, so that such a table needs one.
        id_type : {"int", "text"}, optional
            Type of the result's ``id``; ``"text"`` with an `id_column`, else ``"int"``, when None.
        column : str, optional
            The column that holds the texts, for an explainer of these; the only one when None.
        errors : {"raise", "record"}
            Whether a row that cannot be explained ends the call, or is recorded with its error.
        **settings
            Of `explain_instance`.

        Returns
        -------
        FrameFunction
            With `schema`, `meta`, `dtypes` and `ddl` for what it returns, and `over` for iterators of frames.

        Raises
        ------
        TypeError
            There is no such setting.
        ValueError
            `output`, `id_type` or `errors` is not what is described here.

        Examples
        --------
        >>> frame.groupby("day").apply(explainer.frame_function(model))                        # doctest: +SKIP
        >>> explain = explainer.frame_function(model, id_column="customer")                    # doctest: +SKIP
        >>> table.map_partitions(explain, meta=explain.meta)                  # Dask           # doctest: +SKIP
        >>> table.mapInPandas(explain.over, schema=explain.ddl)               # Spark          # doctest: +SKIP
        >>> table.map_batches(explain, batch_format="pandas")                 # Ray Data       # doctest: +SKIP
        """
        from lime.scale.frames import frame_function

        return frame_function(
            self, model, output, id_column=id_column, id_type=id_type, column=column, errors=errors, **settings
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the explainer to a file: settings and statistics, no training row, no code.

        Parameters
        ----------
        path : str or path
            A file that is there is replaced once the new one is complete.

        Raises
        ------
        LimeError
            It holds code of the user's own, such as a kernel or a discretizer: such an explainer can be pickled.
        """
        from lime.scale.saving import save_explainer

        save_explainer(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read an explainer that `save` wrote. Reading runs no code, whoever wrote the file.

        A seeded explainer gives the same numbers again.

        Parameters
        ----------
        path : str or path
            A file that `save` wrote.

        Returns
        -------
        Explainer
            Of the class that was saved, which is this one or one derived from it.

        Raises
        ------
        LimeError
            The file is of a format that this release does not know, holds another kind of explainer, or is damaged.
        FileNotFoundError
            There is no such file.
        """
        from lime.scale.saving import load_explainer

        loaded: Self = load_explainer(path, cls)
        return loaded

    def stability(
        self, instance: Any, predict_fn: Any, repeats: int = 10, *, label: Any = None, **settings: Any
    ) -> StabilityReport:
        """Explain an instance several times with independent draws, and say how far the explanations agree.

        See `lime.trust.stability`, which this calls.

        Parameters
        ----------
        instance : row, text, image or series
            As for `explain_instance`.
        predict_fn : callable or model
            Likewise.
        repeats : int
            Runs, at least 2; the model is asked `repeats` times as often as once.
        label : int, optional
            The output to compare; the first explained one when None.
        **settings
            Passed to `explain_instance`.

        Returns
        -------
        StabilityReport

        Raises
        ------
        TypeError
            There is no such setting.
        ValueError
            `repeats` is no whole number of at least 2.
        KeyError
            `label` is not explained under the settings.
        """
        from lime.trust.repeated import stability

        return stability(self, instance, predict_fn, repeats, label=label, **settings)

    def _independent(self, count: int) -> list[Self]:
        """Copies of this explainer with seeds of their own, independent of each other's and of its own.

        They derive from the seed of an explainer with an int, and from the next number of its stream otherwise.
        """
        if self._seed is not None and self.random_state is self._seeded_state:
            root = np.random.SeedSequence(self._seed, spawn_key=(1,))
        else:
            state = check_random_state(self.random_state)
            root = np.random.SeedSequence(state.randint(0, 2**32, size=4, dtype=np.uint32).tolist())
        copies = []
        for child in root.spawn(count):
            other = copy.copy(self)
            other._seed_with(int(child.generate_state(1)[0]))
            copies.append(other)
        return copies

    def _probe(
        self,
        instance: Any,
        predict_fn: Any,
        explanation: Explanation,
        baseline: Any,
        batch_size: int | None,
        settings: Mapping[str, Any],
    ) -> Probe:
        """The instance as something whose features can be taken away; every data type has its own way of that.

        `settings` are those of `explain_instance` that made the explanation; `baseline` is what takes the place of
        features, None for the data type's own choice.
        """
        raise NotImplementedError(f"{type(self).__name__} must define _probe to measure deletion or insertion")

    def _moved(self, instance: Any, radius: float, rng: np.random.Generator) -> Any:
        """An instance nearby, drawn at random; what `radius` means is the data type's."""
        raise NotImplementedError(f"{type(self).__name__} must define _moved to measure sensitivity")

    def _held_fixed(self, instance: Any, settings: dict[str, Any]) -> dict[str, Any]:
        """Settings that make explanations of instances nearby speak of the same features as this one's."""
        return {}

    def _has_feature(self, exp: Explanation, key: Hashable) -> bool:
        """Whether the instance of an explanation has the feature of this key, chosen or not."""
        return True

    def _feature_key(self, exp: Explanation, feature: int) -> Hashable:
        """By what a feature is known again in the explanation of an instance nearby."""
        return feature

    def _function_of(self, model: Any) -> Predict:
        """The function on batches of what a user passes for a model."""
        named = self.mode == "classification" and self.class_names is not None
        given = names_in_order(self.class_names, classes_of(model)) if named else None
        return resolve_predict(model, self.mode, self._model_argument, given)

    def _names_of_classes(self, model: Any, answer: NDArray[np.float64]) -> tuple[list[str] | None, list[str]]:
        """Names of the classes that a model's `answer` (k,) is about, and sentences where given ones do not fit it."""
        if self.mode != "classification":
            return None, []
        k, known = len(answer), names_of_columns(answer)
        known = classes_of(model) if known is None else known
        names, odd = known or [], []
        if self.class_names is not None:
            names = names_in_order(self.class_names, known)
            odd = contradiction(names, known)
            if len(names) != k:
                odd.append(
                    f"class_names has {len(names)} names, but the model has {k} classes: names may stand at wrong "
                    "classes."
                )
        return names[:k] + [str(label) for label in range(len(names), k)], odd


def check_mode(mode: str) -> str:
    """Return `mode` if it is one; else raise a ValueError that names the argument."""
    if mode not in MODES:
        raise ValueError(f"mode={mode!r} is unknown: expected 'classification' or 'regression'")
    return mode
