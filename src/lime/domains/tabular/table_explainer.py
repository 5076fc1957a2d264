"""What explains rows of a table, once the columns are learned: rows as inputs, one by one and many together."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from lime.domains.explainer import Explainer
from lime.domains.protocols import InterpretableInput, Sampling
from lime.domains.settings import EXACT, ExplainSettings
from lime.domains.tabular.arrays import with_arrays_where_needed
from lime.domains.tabular.assisted import TableAssistance, table_assistance
from lime.domains.tabular.columns import ColumnDistribution, Draws
from lime.domains.tabular.discretize import BaseDiscretizer
from lime.domains.tabular.drawing import draw_around
from lime.domains.tabular.exact import ANCHORED, ExactModel, exact_model, explain_exactly, refusal
from lime.domains.tabular.exact_rows import explain_rows_in_columns
from lime.domains.tabular.input import Naming, RowInput
from lime.domains.tabular.naming import names_now
from lime.domains.tabular.neighborhoods.choice import Choice
from lime.domains.tabular.neighborhoods.explain import PreparedRows, explain_near, explain_rows_near
from lime.domains.tabular.neighborhoods.in_columns import NearBatch, explain_chunk
from lime.domains.tabular.neighborhoods.input import NeighborhoodInput
from lime.domains.tabular.neighborhoods.learned import Surroundings, dependent, settings_near
from lime.domains.tabular.neighborhoods.protocols import (
    INDEPENDENT,
    Place,
)
from lime.domains.tabular.representation import describe_columns, told_of_columns
from lime.domains.tabular.represented import cuts_of
from lime.domains.tabular.rows import RowBatch, SharedSamples, explain_rows
from lime.domains.tabular.sampled_rows import explain_sampled
from lime.domains.tabular.sharing import share_kept_rows, share_samples
from lime.domains.tabular.sparse import SparseTable
from lime.domains.tabular.table import Table
from lime.domains.tabular.training_distribution import Row, TrainingDistribution
from lime.domains.tabular.varying import NOTHING, Varying
from lime.engine.links import IDENTITY, check_link
from lime.engine.trees import Unreadable
from lime.models.calling import Predict
from lime.models.requests import ExplanationCoroutine, drive
from lime.results.columns import Columns
from lime.results.explanation import Explanation

AUTO = "auto"
EXACT_AS_READ = "exact weights: the model could be read"
NOT_EXACT = "no exact weights: {}"


class TableExplainer(Explainer):
    """Explains rows by what was learned of a table's columns; `LimeTabularExplainer` learns it.

    Attributes
    ----------
    feature_names : list of str
    categorical_features : list of int
        Columns that are categories, or are cut into bins.
    discretizer : BaseDiscretizer or None
    scaler : StandardScaler
    feature_values, feature_frequencies : dict of int
    """

    feature_names: list[str]
    categorical_features: list[int]
    categorical_names: Any
    discretizer: BaseDiscretizer | None
    scaler: StandardScaler
    feature_values: dict[int, Any]
    feature_frequencies: dict[int, Any]
    sample_around_instance: bool
    training_data_stats: Mapping[str, Any] | None

    _table: Table | SparseTable
    _categorical: frozenset[int]
    _means: NDArray[np.float64]
    _stds: NDArray[np.float64]
    _missing: NDArray[np.float64]
    _keep_integers: bool
    _fixed_laws: dict[int, ColumnDistribution]
    _own_columns: Mapping[int, Any] = MappingProxyType({})

    _varying: Varying = NOTHING
    """What is held fixed, and what is drawn together."""

    _surroundings: Surroundings | None = None
    """The neighbourhood, where it is another than that of independent columns."""

    _resample: int | None = None
    """Seed of a bootstrap sample of training rows, in copies that tell how stable an explanation is."""

    _suspicions: Sequence[str] = ()
    """What is odd about columns, for every explanation."""

    _discretizer_seed: int | None = None
    """Of a discretizer that came with random numbers of its own."""

    @property
    def _usual_width(self) -> float:
        """The kernel's width where none is given."""
        return 0.75 * float(np.sqrt(max(1, self._varying.count(len(self._table.names)))))

    def _names_of_several(self) -> Mapping[str, Sequence[int]]:
        """Names that stand for several columns each, and that `fixed`, `features` and `groups` may use."""
        return {}

    def check_arguments(self, arguments: Mapping[str, Any]) -> ExplainSettings:  # noqa: D102 (inherited)
        return super().check_arguments(self._varying.settings(arguments))

    def _repr_settings(self) -> dict[str, Any]:
        told = told_of_columns(self._table, self.discretizer, self._surroundings)
        told["more"] |= self._varying.told(self.feature_names)
        return {**told, "usual_width": self._usual_width}

    def known_columns(self) -> list[tuple[str, str, str]]:
        """Name, kind and usual values of each column of the training data.

        Returns
        -------
        list of (str, str, str)
        """
        return describe_columns(self._table, self._means, self._stds)

    @property
    def training_distribution(self) -> TrainingDistribution:
        """What was learned from the training data, with the attributes of this explainer as they are now."""
        return TrainingDistribution(
            table=self._table,
            names=self.feature_names,
            discretizer=self.discretizer,
            scaler=self.scaler,
            feature_values=self.feature_values,
            feature_frequencies=self.feature_frequencies,
            categorical=self._categorical,
            means=self._means,
            stds=self._stds,
            missing=self._missing,
            keep_integers=self._keep_integers,
            around_instance=self.sample_around_instance,
            learned=self._fixed_laws,
            own=self._own_columns,
            varying=self._varying,
            cuts=self._cuts(),
        )

    def typical_instance(self) -> Any:  # noqa: D102 (inherited)
        return self.training_distribution.typical_instance()

    def _cuts(self) -> BaseDiscretizer | None:
        """What cuts columns where bins are to be shown, though samples are not drawn from bins."""
        kept = None if self._surroundings is None else self._surroundings.kept
        if self.discretizer is not None or kept is None:
            return self.discretizer
        return cuts_of(kept, sorted(self._categorical), self.feature_names)

    def interpretable_input(self, instance: Any, settings: ExplainSettings, **of_this_type: Any) -> RowInput:
        """A row as the method sees it; see `Explainer.interpretable_input`.

        Parameters
        ----------
        instance : row
            As for `explain_instance`.
        settings : ExplainSettings
            The checked arguments of the call.
        **of_this_type
            None for tables.

        Returns
        -------
        RowInput
        """
        distribution = self.training_distribution
        given = self._input_of(distribution, distribution.encode(instance))
        if type(given) is RowInput:  # around other rows the columns are not independent
            return replace(given, assistance=self._assistance(distribution, settings))
        return given

    def _assistance(self, distribution: TrainingDistribution, settings: ExplainSettings) -> TableAssistance | None:
        """What may help to estimate weights."""
        return table_assistance(distribution, settings, own_sampling=self._overrides_sampling())

    def _input_of(self, distribution: TrainingDistribution, row: Row, found: Surroundings | None = None) -> RowInput:
        given = RowInput.of(distribution, row, self._draw, self._naming())
        found = self._surroundings if found is None else found
        if found is None or found.is_open or self._overrides_sampling():
            return given
        return NeighborhoodInput.beside(given, found.current(self._resample), self.base.kernel_fn, self._usual_width)

    def _choose_neighborhood(self, predict_fn: Any, batch_size: int | None) -> str:
        """Choose what fits best; the name of the neighbourhood."""
        found = self._surroundings
        if found is None or not found.chooses:
            return INDEPENDENT if found is None else found.name
        return self._choice_for(found, predict_fn, batch_size).name

    def _choice_for(self, found: Surroundings, predict_fn: Any, batch_size: int | None) -> Choice:
        """What is chosen for a model, chosen now where it was not before."""
        known = found.recall(predict_fn, self.mode)
        if known is not None:
            return known
        arguments = self.complete_settings({"batch_size": batch_size})
        model, distribution = self._model(predict_fn, None, arguments), self.training_distribution

        def place_of(row: Row) -> Place:
            given = RowInput.of(distribution, row, self._draw, self._naming())
            return Place(distribution, row, given.own, given.columns, self.base.kernel_fn, self._usual_width)

        choice: Choice = drive(found.choose(predict_fn, model, place_of, distribution))
        return choice

    def _settle_neighborhood(
        self, predict_fn: Any, arguments: Mapping[str, Any], choice: Choice | None = None
    ) -> tuple[dict[str, Any], Surroundings]:
        """The arguments without a sampling method that is for independent columns, and the model's neighbourhood.

        `choice` is what was chosen for the model, where that is known.
        """
        found = self._surroundings
        assert found is not None
        settings = settings_near(found.asked, arguments)
        if found.chooses and choice is None:
            choice = self._choice_for(found, predict_fn, settings["batch_size"])
        return settings, found.chosen(choice)

    def _explain_steps(self, instance: Any, predict_fn: Any, arguments: Mapping[str, Any]) -> ExplanationCoroutine[Any]:
        if arguments["sampling_method"] == AUTO:
            return (yield from self._explain_exactly_or_sampled(instance, predict_fn, arguments))
        if self._surroundings is None and self.check_arguments(arguments).is_exact:
            try:
                return (yield from self._explain_exactly(instance, predict_fn, arguments))
            except Unreadable as error:
                raise refusal(error) from error
        return (yield from self._explain_sampled(instance, predict_fn, arguments))

    def _explain_sampled(
        self, instance: Any, predict_fn: Any, arguments: Mapping[str, Any]
    ) -> ExplanationCoroutine[Any]:
        if self._surroundings is None or self._overrides_sampling():
            return (yield from super()._explain_steps(instance, predict_fn, arguments))
        arguments, surroundings = self._settle_neighborhood(predict_fn, arguments)
        settings, given, model = self._read(instance, predict_fn, arguments)
        assert isinstance(given, NeighborhoodInput)
        if surroundings is not self._surroundings:
            given = replace(given, neighborhood=surroundings.current(self._resample))
        return (yield from explain_near(given, model, settings, surroundings, predict_fn))

    def independent_copies(self, count: int) -> list[Self]:  # noqa: D102 (inherited)
        copies = super().independent_copies(count)
        for one in copies:
            # Where training rows are the neighbourhood nothing is drawn: what varies is which rows there were.
            one._resample = one.current_seed()  # noqa: SLF001 (copies of its own class)
        return copies

    def _explain_exactly(
        self, instance: Any, predict_fn: Any, arguments: Mapping[str, Any]
    ) -> ExplanationCoroutine[Explanation]:
        settings, given, model = self._read(instance, predict_fn, arguments)
        assert isinstance(given, RowInput)
        read = partial(self._exact, predict_fn, settings, given.distribution)
        return (yield from explain_exactly(read, given, model, settings, self))

    def _explain_exactly_or_sampled(
        self, instance: Any, predict_fn: Any, arguments: Mapping[str, Any]
    ) -> ExplanationCoroutine[Any]:
        reason = self._why_not_exact(predict_fn, arguments)
        if reason is None:
            try:
                exp = yield from self._explain_exactly(instance, predict_fn, {**arguments, "sampling_method": EXACT})
            except Unreadable as error:  # it gives other predictions than what was read of it
                reason = str(error)
            else:
                exp.sampling_reason = EXACT_AS_READ
                return exp
        exp = yield from self._explain_sampled(instance, predict_fn, arguments)
        exp.sampling_reason = NOT_EXACT.format(reason)
        return exp

    def why_not_exact(self, predict_fn: Any, **settings: Any) -> str | None:
        """Say why there are no exact weights of a model; see ``sampling_method="exact"`` of `explain_instance`.

        The model is read, and not called.

        Parameters
        ----------
        predict_fn : callable or model
            As for `explain_instance`.
        **settings
            Those of `explain_instance`.

        Returns
        -------
        str or None
            One sentence without a stop; None where there are exact weights.

        Raises
        ------
        TypeError
            If there is no such setting.
        """
        return self._why_not_exact(predict_fn, self.complete_settings(settings))

    def _why_not_exact(self, predict_fn: Any, arguments: Mapping[str, Any]) -> str | None:
        if self._surroundings is not None:
            return dependent(self._surroundings.asked)
        anchored = arguments["anchored"]
        checked = self.check_arguments({**arguments, "sampling_method": EXACT, "anchored": False})
        if not checked.is_exact:
            return "one sample is the row itself"
        distribution = self.training_distribution
        try:
            found = self._exact(predict_fn, checked, distribution)
            found.compile(distribution, range(found.arrays.outputs))
        except Unreadable as error:
            return str(error)
        return ANCHORED if anchored else None  # said last, as lime.Explainer asks for it where nothing is exact

    def _exact(self, predict_fn: Any, settings: ExplainSettings, distribution: TrainingDistribution) -> ExactModel:
        """The model as arrays.

        Raises
        ------
        Unreadable
            If there are no exact weights.
        """
        if self._overrides_sampling():
            raise Unreadable("this explainer draws its samples in a way of its own")
        return exact_model(predict_fn, distribution, settings, self.mode, self)

    def _naming(self) -> Naming:
        names = names_now(self.feature_names, self._table.names)
        return Naming(self.mode, names, self.categorical_names, self.random_state, self._suspicions)

    def _in_form_of(self, given: InterpretableInput | None, predict: Predict) -> Predict:
        return with_arrays_where_needed(self._table, predict, self._model_argument)

    # ---- many rows

    def prepare_batch(self, predict_fn: Any, settings: dict[str, Any]) -> SharedSamples | PreparedRows | None:  # noqa: D102 (inherited)
        found, alone = self._surroundings, self.overrides_explain()
        arguments, distribution = self.complete_settings(settings), self.training_distribution
        if found is not None and not self._overrides_sampling():
            arguments, surroundings = self._settle_neighborhood(predict_fn, arguments)
            checked = self.check_arguments(arguments)
            if alone or surroundings.name != "rows" or checked.num_samples == 1:
                return None
            if self._varying.fixed:
                return None  # the rows have other values there for each instance
            return share_kept_rows(
                surroundings, predict_fn, self._model(predict_fn, None, arguments), checked, distribution
            )
        if alone or self._overrides_sampling() or distribution.around_instance or distribution.is_sparse:
            return None
        if self._varying.fixed:
            return None
        reason = ""
        if arguments["sampling_method"] == AUTO:
            why = self._why_not_exact(predict_fn, arguments)
            reason = EXACT_AS_READ if why is None else NOT_EXACT.format(why)
            arguments = arguments if why is not None else {**arguments, "sampling_method": EXACT}
        checked = self.check_arguments(arguments)
        if checked.is_classic:
            return None  # every call draws anew
        row = distribution.row_of(np.zeros(len(distribution.names)), {})
        given = RowInput.of(distribution, row, self._draw, self._naming())
        given = replace(given, assistance=self._assistance(distribution, checked))
        read = partial(self._exact, predict_fn, checked, distribution)
        try:
            shared = share_samples(given, self._model(predict_fn, None, arguments), checked, read, self)
        except Unreadable as error:
            if reason:
                return None  # each row goes its own way
            raise refusal(error) from error
        return replace(shared, reason=reason)

    def explain_batch(  # noqa: D102 (inherited)
        self, prepared: Any, instances: Sequence[Any], predict_fn: Any, settings: dict[str, Any]
    ) -> Iterator[Explanation | Exception]:
        yield from self._explain_batch(prepared, instances, predict_fn, settings)

    def _explain_batch(
        self,
        prepared: Any,
        instances: Sequence[Any],
        predict_fn: Any,
        settings: dict[str, Any],
        predictions: NDArray[np.float64] | None = None,
    ) -> Iterator[Explanation | Exception]:
        """The same for rows whose predictions may be known."""
        if prepared is None:
            yield from super().explain_batch(prepared, instances, predict_fn, settings)
            return
        arguments = self.complete_settings(settings)
        model = self._model(predict_fn, None, arguments)
        if isinstance(prepared, PreparedRows):
            asked = arguments["sampling_method"]
            arguments, surroundings = self._settle_neighborhood(predict_fn, arguments, prepared.choice)
            distribution = self.training_distribution
            reason = "" if asked != AUTO else NOT_EXACT.format(dependent(surroundings.asked))
            for exp in explain_rows_near(
                prepared,
                instances,
                lambda row: self._input_of(distribution, row, surroundings),
                surroundings,
                distribution=distribution,
                model=model,
                settings=self.check_arguments(arguments),
                predictions=predictions,
            ):
                if isinstance(exp, Explanation):
                    exp.sampling_reason = reason
                yield exp
            return
        shared: SharedSamples = prepared
        batch = RowBatch(self.training_distribution, shared, self._settings_of(shared, arguments), model)
        yield from explain_rows(batch, instances, self._draw, self._naming())

    def explain_columns(  # noqa: D102 (inherited)
        self, prepared: Any, rows: Any, predict_fn: Any, settings: dict[str, Any], names: tuple[Any, Any]
    ) -> Columns | None:
        arguments = self.complete_settings(settings)
        if not self.check_arguments(arguments).is_plain_linear:
            return None
        is_exact = isinstance(prepared, SharedSamples) and prepared.exact is not None
        if check_link(arguments["link"]) != IDENTITY or (arguments["sampling_method"] == AUTO and not is_exact):
            return None  # predictions in another unit, and reasons, are told row by row
        model = self._model(predict_fn, None, arguments)
        if isinstance(prepared, PreparedRows):
            arguments, surroundings = self._settle_neighborhood(predict_fn, arguments, prepared.choice)
            near = NearBatch(
                self.training_distribution,
                model,
                self.check_arguments(arguments),
                surroundings,
                surroundings.current(self._resample),
                prepared.predictions,
                self._usual_width,
            )
            return explain_chunk(
                near,
                rows,
                lambda some, predictions: self._explain_batch(prepared, some, predict_fn, settings, predictions),
                speaking=(self._draw, self._naming()),
                names=names,
            )
        if not isinstance(prepared, SharedSamples):
            return None
        batch = RowBatch(self.training_distribution, prepared, self._settings_of(prepared, arguments), model)
        explain = explain_sampled if prepared.exact is None else explain_rows_in_columns
        return explain(batch, rows, self._draw, self._naming(), names)

    def _settings_of(self, shared: SharedSamples, arguments: Mapping[str, Any]) -> ExplainSettings:
        """The settings of a call, with the way that was taken for all of its rows."""
        return self.check_arguments(arguments if shared.exact is None else {**arguments, "sampling_method": EXACT})

    def _draw(self, row: Row, columns: list[ColumnDistribution], sampling: Sampling) -> Draws:
        seeded = self.current_seed() is not None
        return draw_around(
            self.training_distribution,
            row,
            columns,
            sampling,
            categorical_features=self.categorical_features,
            seeds=(self._seed, self._discretizer_seed) if seeded else None,
            owner=self,
        )

    def seed_with(self, random_state: int | np.random.RandomState | None) -> None:
        """Take an int as the seed of every call, also of the discretizer's, or a RandomState as a stream.

        Parameters
        ----------
        random_state : int, RandomState or None
            None is fresh entropy.
        """
        super().seed_with(random_state)
        discretizer = getattr(self, "discretizer", None)
        if discretizer is not None:
            # A copy of an explainer is given a seed of its own: classic draws fill bins from the discretizer's stream.
            self.discretizer = copy.copy(discretizer)
            # One with random numbers of its own keeps their seed beside the explainer's.
            seeds = (self._seed, self._discretizer_seed)
            self.discretizer.random_state = (
                self.random_state if None in seeds else np.random.RandomState(np.array(seeds, dtype=np.int64))
            )

    def new_generator(self) -> np.random.Generator:  # noqa: D102 (inherited)
        seeded = self.random_state is self._seeded_state
        if self._discretizer_seed is None or self._seed is None or not seeded:
            return super().new_generator()
        # Other random numbers fill the bins: other samples, and so another explanation, as with lime 0.2.0.1.
        return np.random.default_rng([self._seed, self._discretizer_seed])
