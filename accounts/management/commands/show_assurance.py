"""Print what each action needs to have been proved."""

from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.utils import translation

from accounts import policy

_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)


class Command(BaseCommand):
    help = "Print the table of step-up in Markdown, as it stands in docs/assurance.md."

    def handle(self, **_options: Any) -> None:
        with translation.override("en"):
            self.stdout.write(
                "# Assurance\n\n"
                "Printed by `manage.py show_assurance` from `policy.ASSURANCE`, which `services/assurance.py` obeys:"
                " what a session\nmust have proved, how lately and how strongly, before an action. Levels are those of"
                " NIST SP 800-63B-4.\n\n"
                f"A passkey is asked for {_words(policy.PASSKEY_ASKED_AFTER)} after an account got its first one: until"
                " then a first one that somebody else added can\nstill be removed. A disabled one counts until it is"
                " removed. No page shows a full number yet.\n\n"
                "| action | level | proved within | by |\n|---|---|---|---|"
            )
            for action, needed in policy.ASSURANCE.items():
                self.stdout.write(
                    f"| {action.label} (`{action.value}`) | {needed.level} | {_words(needed.max_age)}"
                    f" | {needed.strength.label} |"
                )


def _words(age: timedelta) -> str:
    return f"{age // _HOUR} hours" if age >= 2 * _HOUR else f"{age // _MINUTE} minutes"
