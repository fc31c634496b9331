"""Take card production's events from a file, as `POST /api/v1/card-events` takes them."""

import csv
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import Error as DatabaseFailed

from accounts.services import card_event_files
from accounts.services.card_event_files import Format, UnreadableFile
from accounts.services.card_events import Answer

REFUSED: Final = 3  # the exit code when lines were refused; 1 and 2 are Django's own
STOPPED: Final = 130  # and when Ctrl-C stopped it
QUIET: Final = 30.0  # seconds between two lines of progress where nobody watches a terminal
_BAR: Final = 30
_FORMATS: Final = {
    ".csv": Format.CSV,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".json": Format.JSON_LINES,
}


class Command(BaseCommand):
    help = (
        "Take card events from FILE (CSV or JSON lines). Run it again after whatever stopped it, or with refused lines"
        " corrected: what was taken before is not taken twice. Refused lines are listed in FILE.errors, and the exit"
        f" code is then {REFUSED}."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--format",
            dest="form",
            type=Format,
            choices=list(Format),
            help="if the name's ending does not say",
        )
        parser.add_argument(
            "--errors", type=Path, metavar="PATH", help="where refused lines are listed"
        )

    @no_translations
    def handle(
        self,
        *,
        file: Path,
        form: Format | None,
        errors: Path | None,
        **_options: Any,
    ) -> None:
        form = form or _FORMATS.get(file.suffix.lower())
        if form is None:
            raise CommandError("say --format csv or --format jsonl: the file's name does not")
        errors = errors or file.with_name(file.name + ".errors")
        with _opened(file, errors) as (events, report):
            outcomes = self._take(events, form, report)
        refused = outcomes["refused"] + outcomes["conflict"]
        if not refused and errors.is_file():
            errors.unlink()
        self.stdout.write(
            f"{outcomes.total()} events: {outcomes['issued']} accounts issued, {outcomes['refreshed']} refreshed,"
            f" {outcomes['before']} taken before, {refused} refused"
        )
        if refused:
            raise CommandError(
                f"{refused} lines were refused; {errors} says which and why", returncode=REFUSED
            )

    def _take(self, events: BinaryIO, form: Format, report: TextIO) -> Counter[str]:
        progress = _Progress(self.stderr, events)
        refusals = csv.writer(report)
        refusals.writerow(("line", "event_id", "code", "field", "reason"))
        outcomes: Counter[str] = Counter()
        last = 0
        try:
            for batch in card_event_files.take(events, form=form):
                outcomes.update(_outcome(answer) for _line, answer in batch)
                refusals.writerows(
                    (
                        line,
                        answer.event_id or "",
                        answer.code,
                        answer.field,
                        card_event_files.reason(answer),
                    )
                    for line, answer in batch
                    if answer.code
                )
                report.flush()
                last = batch[-1][0]
                progress.show(outcomes.total())
        except UnreadableFile as wrong:
            raise CommandError(f"nothing was taken: {wrong}") from None
        except DatabaseFailed as failed:  # its text could hold a value
            name = type(failed).__name__
            raise CommandError(
                f"the database failed ({name}) after line {last}; run this again to go on"
            ) from None
        except KeyboardInterrupt:
            raise CommandError(
                f"stopped after line {last}; run this again to go on", returncode=STOPPED
            ) from None
        finally:
            progress.end()
        return outcomes


def _outcome(answer: Answer) -> str:
    return "before" if answer.again and not answer.code else answer.outcome


@contextmanager
def _opened(file: Path, errors: Path) -> Iterator[tuple[BinaryIO, TextIO]]:
    """The events, and the report of this run in place of an older one's."""
    try:
        with file.open("rb") as events:
            if errors.exists() and errors.samefile(file):
                raise CommandError("the errors cannot be listed in the file of events itself")
            with errors.open("w", encoding="utf-8", newline="") as report:
                yield events, report
    except OSError as failed:
        raise CommandError(f"{failed.filename}: {failed.strerror}") from None


class _Progress:
    """A bar where somebody watches a terminal, else a line now and then."""

    def __init__(self, out: Any, file: BinaryIO) -> None:
        self.out, self.file = out, file
        self.size = os.fstat(file.fileno()).st_size  # 0: a pipe
        self.drawn = 0  # characters of the bar on the terminal
        self.began = self.shown = time.monotonic()
        self.watched = out.isatty()

    def show(self, events: int) -> None:
        """So many events are done, and the file is read as far as it stands."""
        now = time.monotonic()
        if not self.watched and now - self.shown < QUIET:
            return
        self.shown = now
        text = self._text(events, max(now - self.began, 0.001))
        if self.watched:
            self._write(f"\r{text:{self.drawn}}")
            self.drawn = len(text)
        else:
            self._write(text + "\n")

    def end(self) -> None:
        """Leave the bar's line."""
        if self.drawn:
            self._write("\n")

    def _text(self, events: int, seconds: float) -> str:
        text = f"{events} events, {events / seconds:.0f} a second"
        if not self.size:
            return text
        part = min(self.file.tell() / self.size, 1.0)
        left = seconds * (1 - part) / max(part, 1e-9)
        bar = "#" * int(part * _BAR)
        return f"[{bar:.<{_BAR}}] {part:4.0%} {text}, {left // 60:.0f} min {left % 60:.0f} s left"

    def _write(self, text: str) -> None:
        self.out.write(text, style_func=str, ending="")
        self.out.flush()
