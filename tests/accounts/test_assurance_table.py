"""The table of step-up, as people read it."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command

from accounts import policy
from accounts.enums import Action, Strength

DOCUMENT = Path(__file__).parents[2] / "docs/assurance.md"


def test_every_action_stands_in_the_table() -> None:
    assert set(policy.ASSURANCE) == set(Action)


def test_the_documentation_is_what_show_assurance_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("show_assurance")
    assert capsys.readouterr().out == DOCUMENT.read_text(encoding="utf-8")

    other = policy.Assurance(2, timedelta(minutes=1), Strength.PHISHING_RESISTANT)
    monkeypatch.setitem(policy.ASSURANCE, Action.PAY, other)
    call_command("show_assurance")
    assert "(`pay`) | 2 | 1 minutes | A passkey |" in capsys.readouterr().out
