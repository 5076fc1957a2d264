"""Long-lived worker processes, one a side, that answer one JSON line for each JSON line they are sent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from peer import HERE, our_environment, peer_environment, peer_python, shap_python

SIDES = ("peer", "ours", "shap")


class Worker:
    """A process that runs one script of ``benchmarks/workers`` with one side's lime.

    Parameters
    ----------
    script : str
        File name of the worker script.
    side : {"ours", "peer", "shap"}
        Whose lime the script imports; shap has an environment of its own.
    """

    def __init__(self, script: str, side: str) -> None:
        if side not in SIDES:
            raise ValueError(f"side must be one of {SIDES}, got {side!r}")
        python = {"ours": lambda: sys.executable, "peer": peer_python, "shap": shap_python}[side]()
        self.name = f"{script} ({side})"
        self._process = subprocess.Popen(
            [str(python), str(Path(HERE) / "workers" / script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=our_environment() if side == "ours" else peer_environment(),
        )

    def ask(self, **request: Any) -> Any:
        """Send one request and wait for its answer; raise RuntimeError if the process ended instead."""
        self.send(**request)
        return self.receive()

    def send(self, **request: Any) -> None:
        """Send one request without waiting."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def receive(self) -> Any:
        """Wait for the answer to the oldest open request."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with status {self._process.wait()} before it answered")
        return json.loads(line)

    def close(self) -> None:
        """End the process by closing its input."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def format_table(header: list[str], rows: list[list[str]]) -> str:
    """Return rows of text as aligned columns: the first to the left, the others to the right."""
    widths = [max(len(line[i]) for line in [header, *rows]) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )
