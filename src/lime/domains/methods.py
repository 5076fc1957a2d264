"""Methods of explainers that rooms above this one carry out: many rows, frames, files, stability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from lime import _upper

if TYPE_CHECKING:
    import os

    from lime.results.explanations import Explanations
    from lime.scale.frames import FrameFunction
    from lime.trust.stability import StabilityReport


class ConvenienceMethods:
    """Methods of every explainer that hand it on; see `lime._upper`."""

    def explain_instances(
        self: Any,
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
        kept are the samples, which `interactions` tests pairs of features on. What would fit better than a poor fit is
        told where an instance is explained alone.

        Parameters
        ----------
        data : frame, array, sparse matrix, Series, sequence or iterator
            The instances: rows of a table, texts, pictures or series. An iterator gives instances, or chunks of
            them in any of the other forms; it is read as the work goes on, so that data need not fit into memory.
            Rows of tables may come as a list of frames, one under another.
        predict_fn : callable or model
            As for `explain_instance`.
        n_jobs : int, optional
            How many workers at most, as joblib counts them: None is 1, or what ``joblib.parallel_config`` says, whose
            backend is used (processes, threads, Dask, Ray, Spark); -1 is all cores. Processes of this machine start
            where they save more time than that takes, about three seconds; the first rows tell. Less work is done
            here. With ``errors="record"`` they start at once.
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
            Whether an instance that cannot be explained ends the call, or is recorded with its error. So is one that
            ends its worker process, as a crash in compiled code does; without worker processes it ends this one.
            (With ``"raise"`` little work is done without them.)
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
        explain_instances = _upper.explain_instances

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
        self: Any,
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
        frame_function = _upper.frame_function

        return frame_function(
            self, model, output, id_column=id_column, id_type=id_type, column=column, errors=errors, **settings
        )

    def save(self: Any, path: str | os.PathLike[str]) -> None:
        """Write the explainer to a file: settings and statistics, no code.

        No training row either, but for the neighbourhoods of tables and series that are made of them (``'rows'``,
        ``'near'``, ``'auto'``): then the file holds those rows, and so does the explainer, whose repr says how many.

        Parameters
        ----------
        path : str or path
            A file that is there is replaced once the new one is complete.

        Raises
        ------
        LimeError
            It holds code of the user's own, such as a kernel or a discretizer: such an explainer can be pickled.
        """
        save_explainer = _upper.save_explainer

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
        load_explainer = _upper.load_explainer

        loaded: Self = load_explainer(path, cls)
        return loaded

    def stability(
        self: Any, instance: Any, predict_fn: Any, repeats: int = 10, *, label: Any = None, **settings: Any
    ) -> StabilityReport:
        """Explain an instance several times with independent samples, and say how far the explanations agree.

        See `lime.trust.stability`, which this calls.

        Parameters
        ----------
        instance : row, text, image or series
            As for `explain_instance`.
        predict_fn : callable or model
            Likewise.
        repeats : int
            Runs, at least 2; the model is asked `repeats` times as often as once.
        label : int or str, optional
            The output to compare, by position or the class's name; the first explained one when None.
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
        stability = _upper.stability

        return stability(self, instance, predict_fn, repeats, label=label, **settings)
