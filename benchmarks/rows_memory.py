"""A long table streams through: resident memory, and rows per second at the end against those at the start.

Rows of 30 columns come from a generator in chunks, so that the data itself is never in memory; with a checkpoint
finished rows stay on the disk too. The model costs next to nothing, so that the machinery is what is measured; exact
explanations read a small forest.

    python benchmarks/rows_memory.py [--rows 100000] [--n-jobs 1] [--checkpoint FOLDER] [--num-samples 1000]
        [--way sampled|exact|rows]
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from lime import LimeTabularExplainer

COLUMNS, CHUNK = 30, 5000
LIMIT = 2 * 2**30


def predict(x: np.ndarray) -> np.ndarray:
    """Answer two columns that depend on three of the inputs."""
    p = 1.0 / (1.0 + np.exp(-(x[:, 0] + x[:, 1] * (x[:, 2] > 0))))
    return np.column_stack([1.0 - p, p])


def stream(rows: int, taken: list[tuple[float, int]]) -> Iterator[np.ndarray]:
    """Yield the rows in chunks, and note when each was asked for."""
    rng = np.random.default_rng(1)
    done = 0
    while done < rows:
        taken.append((time.perf_counter(), done))
        size = min(CHUNK, rows - done)
        yield rng.normal(size=(size, COLUMNS))
        done += size


def resident() -> int:
    """Bytes that this process has in memory now; its peak where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return peak()


def peak() -> int:
    """Most bytes that this process had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Explain the rows and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--num-samples", type=int, default=1000)
    parser.add_argument("--checkpoint")
    parser.add_argument("--way", choices=["sampled", "exact", "rows"], default="sampled")
    arguments = parser.parse_args()
    train = np.random.default_rng(0).normal(size=(2000, COLUMNS))
    model: Any = predict
    settings: dict[str, Any] = {"num_samples": arguments.num_samples, "n_jobs": arguments.n_jobs}
    explainer: Any = LimeTabularExplainer(train, random_state=0)
    if arguments.way == "exact":
        model = RandomForestClassifier(20, max_depth=6, random_state=0).fit(train, train[:, 0] > 0.0)
        settings["sampling_method"] = "exact"
    elif arguments.way == "rows":
        explainer = LimeTabularExplainer(train, random_state=0, neighborhood="rows")
        settings.update(anchored=True, top_labels=1)
    explainer.explain_instances(train[:600], model, **settings)
    taken: list[tuple[float, int]] = []
    sizes: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            sizes.append(resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    base, began, own = resident(), time.perf_counter(), time.process_time()
    try:
        exps = explainer.explain_instances(
            stream(arguments.rows, taken),
            model,
            checkpoint=arguments.checkpoint,
            **settings,
        )
    finally:
        over.set()
        watcher.join()
    seconds, own = time.perf_counter() - began, time.process_time() - own
    taken.append((time.perf_counter(), arguments.rows))
    fifth = max(1, (len(taken) - 1) // 5)

    def speed(first: int, last: int) -> float:
        return (taken[last][1] - taken[first][1]) / (taken[last][0] - taken[first][0])

    start, end = speed(0, fifth), speed(len(taken) - 1 - fifth, len(taken) - 1)
    grown = (max(sizes, default=base) - base) / arguments.rows
    print(
        json.dumps(
            {
                "rows": len(exps),
                "rows_a_second": arguments.rows / seconds,
                "rows_a_second_of_own_time": arguments.rows / own,
                "first_fifth": start,
                "last_fifth": end,
                "last_against_first": end / start,
                "resident_before": base,
                "resident_most": max(sizes, default=base),
                "bytes_a_row": grown,
                "resident_at_a_million": base + grown * 1e6,
                "under_2_GiB_at_a_million": base + grown * 1e6 < LIMIT,
                "peak": peak(),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
