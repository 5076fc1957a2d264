"""`RecurrentTabularExplainer`: explains predictions on series of fixed length, such as recurrent networks make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lime.domains.described import described
from lime.domains.labels import UNSAID
from lime.domains.series.distribution import SeriesDistribution
from lime.domains.series.layout import Layout
from lime.domains.tabular.discretize import BaseDiscretizer
from lime.domains.tabular.explainer import LimeTabularExplainer
from lime.domains.tabular.input import DEFAULT_SAMPLES
from lime.domains.tabular.neighborhoods.protocols import INDEPENDENT, UNSAID_BINS, RowNeighborhood
from lime.engine.kernels import Kernel
from lime.engine.registry import Sampler, Selector
from lime.engine.wording import counted
from lime.results.explanation import Explanation


class RecurrentTabularExplainer(LimeTabularExplainer):
    """Explains predictions on series: each feature at each time step is a column of a table.

    Parameters
    ----------
    training_data : array_like, shape (n, timesteps, features)
        Series of one length. Only statistics are kept, but for some values of `neighborhood`.
    mode : {"classification", "regression"}
        What the model does: give probabilities of classes, or values.
    training_labels : array_like, shape (n,), optional
        Used by the ``'entropy'`` discretizer.
    feature_names : sequence of str, optional
        One name a feature; ``'0'``, ``'1'``, ... when None. A column is called ``'{name}_t-{k}'``, where k counts
        back from the last step.
    categorical_features : sequence of int or str, optional
        Features whose numbers stand for categories at every step, by position or name.
    categorical_names : mapping or sequence, optional
        For such a feature, the names of its categories by number.
    kernel_width : float or "auto", optional
        Width of the kernel in units of distance; ``0.75 * sqrt(timesteps * features)`` when None. This and all that
        follow are those of `LimeTabularExplainer`, which tells more of them.
    kernel : callable, optional
        ``kernel(distances, kernel_width)`` -> weights.
    verbose : bool
        Whether to print the surrogate's and the model's values at the series.
    class_names : sequence of str, optional
        Names of the classes in the order of the model's columns; the model's own ``classes_`` when None.
    feature_selection : {"auto", "forward_selection", "lasso_path", "highest_weights", "none"} or callable
        How the columns that are shown are chosen.
    discretize_continuous : bool
        Whether to cut numeric columns into bins.
    discretizer : {"quartile", "decile", "entropy"} or BaseDiscretizer
        How to cut them.
    random_state : int, RandomState or None
        With an int every call is a pure function of seed, series and settings.
    neighborhood : {"independent", "rows", "copula", "near", "gaussian", "auto"} or RowNeighborhood
        What is drawn around a series; see `LimeTabularExplainer`.
    spread : float or "auto", optional
        How wide it is; see `LimeTabularExplainer`.
    fixed : feature or column, or sequence of these, optional
        What keeps the series' values in every sample: features at all steps by name, columns by name or position; see
        `LimeTabularExplainer`.
    features : feature or column, or sequence of these, optional
        All that varies; the others are held fixed.
    groups : mapping, optional
        Features or columns that are one feature, drawn together with values that training series have together, such as
        ``{"price": ["price"]}`` for all steps of one; see `LimeTabularExplainer`.

    Attributes
    ----------
    n_timesteps, n_features : int
        Of a series. All other attributes are those of `LimeTabularExplainer` for the table of columns.

    Raises
    ------
    ValueError
        If an argument is not what is described here; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from lime import RecurrentTabularExplainer
    >>> series = np.random.default_rng(0).normal(size=(200, 3, 2))
    >>> rises = lambda x: np.column_stack([x[:, -1, 0] <= 0, x[:, -1, 0] > 0]).astype(float)
    >>> explainer = RecurrentTabularExplainer(series, feature_names=["price", "volume"], random_state=0)
    >>> explanation = explainer.explain_instance(series[0], rises, num_features=1)
    >>> "price_t-0" in explanation.as_list()[0][0]
    True
    """

    instance_dimensions = (2,)
    _model_argument = "classifier_fn"

    def __init__(  # noqa: PLR0917 (as in lime 0.2.0.1)
        self,
        training_data: Any,
        mode: str = "classification",
        training_labels: ArrayLike | None = None,
        feature_names: Iterable[Any] | None = None,
        categorical_features: Iterable[Any] | None = None,
        categorical_names: Mapping[Any, Any] | Sequence[Any] | None = None,
        kernel_width: float | str | None = None,
        kernel: Kernel | None = None,
        verbose: bool = False,
        class_names: Any = None,
        feature_selection: str | Selector = "auto",
        discretize_continuous: bool = UNSAID_BINS,
        discretizer: str | BaseDiscretizer = "quartile",
        random_state: int | np.random.RandomState | None = None,
        *,
        neighborhood: str | RowNeighborhood = INDEPENDENT,
        spread: float | str | None = None,
        fixed: Any = None,
        features: Any = None,
        groups: Mapping[str, Any] | str | None = None,
    ) -> None:
        self._layout, table = Layout.read(training_data)
        self.n_timesteps, self.n_features = self._layout.n_timesteps, self._layout.n_features
        names, columns = self._layout.names(feature_names)
        self._series_names = names
        categorical = self._layout.columns(categorical_features, names)
        super().__init__(
            table,
            mode=mode,
            training_labels=training_labels,
            feature_names=columns,
            categorical_features=categorical,
            categorical_names=self._layout.categories(categorical_names, categorical, names),
            kernel_width=kernel_width,
            kernel=kernel,
            verbose=verbose,
            class_names=class_names,
            feature_selection=feature_selection,
            discretize_continuous=discretize_continuous,
            discretizer=discretizer,
            random_state=random_state,
            neighborhood=neighborhood,
            spread=spread,
            fixed=fixed,
            features=features,
            groups=groups,
        )

    def _names_of_several(self) -> Mapping[str, Sequence[int]]:
        steps = self.n_timesteps
        return {name: range(k * steps, (k + 1) * steps) for k, name in enumerate(self._series_names)}

    def _repr_settings(self) -> dict[str, Any]:
        settings = super()._repr_settings()
        steps, features = counted(self.n_timesteps, "timestep"), counted(self.n_features, "feature")
        return {**settings, "things": f"{steps} of {features}, {settings['things']}"}

    # The second argument has had another name here than in the class above since 2017.
    @described
    def explain_instance(  # type: ignore[override]  # noqa: PLR0917 (as in lime 0.2.0.1)
        self,
        data_row: Any,
        classifier_fn: Any,
        labels: Any = UNSAID,
        top_labels: int | None = None,
        num_features: int = 10,
        num_samples: int = DEFAULT_SAMPLES,
        distance_metric: str | Callable[..., float] = "euclidean",
        model_regressor: Any = None,
        sampling_method: str | Sampler | None = None,
        batch_size: int | None = None,
        progress_bar: bool = False,
        *,
        anchored: bool = False,
        target: Any = None,
        surrogate: str = "linear",
        representation: str | None = None,
        estimator: str | None = None,
        link: str | None = None,
    ) -> Explanation:
        """Explain the model's prediction for one series.

        Parameters
        ----------
        data_row : array_like, shape (timesteps, features) or (1, timesteps, features)
            The series.
        classifier_fn : callable or model
            Takes series of shape (n, timesteps, features) in the training data's float type, returns what
            `LimeTabularExplainer.explain_instance` expects.
        labels : iterable of int or str
            Classes by position or name, or outputs of a regression with several by position, to explain.
            Positions may count from the end, as Python's do.
        top_labels : int, optional
            Explain the classes with the highest probabilities instead, this many.
        num_features : int
            Most columns in the explanation.
        num_samples : int, "auto" or Auto
            Series that the model is asked about, the instance included; see `LimeTabularExplainer.explain_instance`.
        distance_metric : str or callable
            A metric of :func:`sklearn.metrics.pairwise_distances`.
        model_regressor : estimator, optional
            Takes the place of ridge regression; its weights carry no standard errors.
        sampling_method : {"auto", "sobol", "gaussian", "lhs", "exact", "classic"} or callable, optional
            How to draw; see `LimeTabularExplainer.explain_instance`.
        batch_size : int, optional
            Most series in one call of the model; all in one when None.
        progress_bar : bool
            Whether to show a bar over the model calls.
        <anchored>
        <target>
        <surrogate>
        <representation>
        estimator : {"auto", "plain", "assisted"}, optional
            Whether a cheap model assists; see `LimeTabularExplainer.explain_instance`.
        <link>

        Returns
        -------
        Explanation
            Feature ids count columns: ``feature * n_timesteps + timestep``.

        Raises
        ------
        TypeError, ValueError
            If an argument or the model's prediction is not what is described here.
        """
        return super().explain_instance(
            data_row,
            classifier_fn,
            labels=labels,
            top_labels=top_labels,
            num_features=num_features,
            num_samples=num_samples,
            distance_metric=distance_metric,
            model_regressor=model_regressor,
            sampling_method=sampling_method,
            batch_size=batch_size,
            progress_bar=progress_bar,
            anchored=anchored,
            target=target,
            surrogate=surrogate,
            representation=representation,
            estimator=estimator,
            link=link,
        )

    @property
    def training_distribution(self) -> SeriesDistribution:
        """What was learned from the training data; see `LimeTabularExplainer.training_distribution`."""
        return SeriesDistribution(**vars(super().training_distribution), layout=self._layout)
