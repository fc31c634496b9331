"""Compile the translations that changed: ``python -m eid_portal.run.texts``."""

import os
import subprocess
import sys
from pathlib import Path

from eid_portal.env import ROOT


def compile_texts() -> int:
    """Compile each ``.po`` whose ``.mo`` is missing or older; returns how many.

    Raises:
        subprocess.CalledProcessError: a translation cannot be compiled; Babel has said why.
    """
    compiled = 0
    for source in sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        subprocess.run(  # noqa: S603
            [
                str(Path(sys.executable).with_name("pybabel")),
                *("--quiet", "compile", "--input-file", str(source), "--output-file", str(fresh)),
            ],
            check=True,
        )
        fresh.replace(target)
        compiled += 1
    return compiled


if __name__ == "__main__":
    compile_texts()
