"""Where Chromium is."""

import os
import shutil

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no Chromium on this machine: install chromium or set EID_CHROMIUM to the program"


def find() -> str | None:
    """The browser's program: ``EID_CHROMIUM``, or one of the usual names on PATH."""
    given = os.environ.get("EID_CHROMIUM")
    if given:
        return shutil.which(given)
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def require() -> str:
    """The browser's program; without one the test is skipped, and on CI it fails."""
    found = find()
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail(MISSING)
    pytest.skip(MISSING)


if __name__ == "__main__" and not find():
    print(f"Browser tests are left out: {MISSING}")  # noqa: T201
