"""What holds for every test: on CI a test that is skipped has failed.

A test that cannot run where the checks are run would otherwise never be missed. The one way out is a reason
that starts with "optional:", for what a machine may rightly lack, such as a data set that it cannot download.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator

import pytest

pytest_plugins = ["pytester"]  # for the tests of what stands below

ALLOWED = "optional:"


@pytest.fixture(autouse=True)
def no_figure_stays_open() -> Generator[None]:
    """Close what a test left to pyplot: it warns where more than twenty figures are open."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def fresh_workers() -> None:
    """End the workers of earlier tests: they look for modules where those did, and end by themselves at any moment."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


@pytest.fixture(autouse=True)
def no_name_stays_registered() -> Generator[None]:
    """Forget samplers and the like that a test registered: they travel to worker processes of later tests."""
    registry = sys.modules.get("lime.engine.registry")
    before = {} if registry is None else registry.snapshot()
    yield
    registry = sys.modules.get("lime.engine.registry")
    if registry is not None:
        for name in registry.snapshot().keys() - before.keys():
            del registry._registered[name]


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not os.environ.get("CI") or not report.skipped or hasattr(report, "wasxfail"):
        return
    # A skip's longrepr is (path, line, "Skipped: reason").
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if reason.removeprefix("Skipped: ").startswith(ALLOWED):
        return
    report.outcome = "failed"
    report.longrepr = f"skipped on CI, which counts as a failure: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report
