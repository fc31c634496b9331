"""The translations.

``python -m eid_portal.run.texts`` compiles those that changed;
``python -m eid_portal.run.texts --check FILE.pot`` says what they lack.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
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
                *(sys.executable, "-m", "babel.messages.frontend"),
                *("--quiet", "compile", "--input-file", str(source), "--output-file", str(fresh)),
            ],
            check=True,
        )
        fresh.replace(target)
        compiled += 1
    return compiled


def lacking(template: Path) -> list[str]:
    """What is wrong with the translations of the texts in ``template``, one line each."""
    from babel.messages.pofile import read_po  # noqa: PLC0415 - compiling must not need it

    with template.open("rb") as file:
        texts = read_po(file)
    problems = []
    for source in sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3])
        for text in texts:
            if not text.id:
                continue
            found = catalogue.get(text.id, text.context)
            if found is None or not all(_forms(found.string or "")):
                problems.append(f"{source.name}: not translated: {text.id!r}")
            elif found.fuzzy:
                problems.append(f"{source.name}: fuzzy: {text.id!r}")
            else:
                problems += [
                    f"{source.name}: {wrong}: {text.id!r}" for wrong in found.check(catalogue)
                ]
    return problems


def _forms(string: str | Iterable[str]) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)


def _main(words: list[str]) -> int:
    compile_texts()
    if words[:1] != ["--check"]:
        return 0
    template = Path(words[1])
    problems = lacking(template)
    template.unlink()
    print(*problems, sep="\n", file=sys.stderr)  # noqa: T201
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
