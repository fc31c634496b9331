"""What a form says of an answer that cannot be taken, by the code of the problem."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

# By rules.values.Problem.code; %(label)s is the field's, %(bound)s what may be reached, %(kept_by)s who keeps a record.
PROBLEMS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "missing": _("Fill in “%(label)s”"),
        "missing_choice": _("Choose an answer to “%(label)s”"),
        "missing_file": _("Add “%(label)s”"),
        "missing_rows": _("Enter at least one under “%(label)s”"),
        "malformed": _("This answer cannot be read. Enter it again"),
        "unreadable": _("Remove characters that cannot be seen, and type the text again."),
        "letters": _("Write the name in letters, without digits and other signs"),
        "long": _("Write at most %(bound)s characters"),
        "option": _("Choose one of the answers on this page"),
        # By payments.rules.amounts.Flaw, and for any number.
        "sign": _("Write a number that is not below zero, without plus or minus"),
        "digits": _("Write the number with the digits 0 to 9 of an ordinary keyboard"),
        "characters": _("Write the number in full, in digits only"),
        "fraction": _("Write a whole number, without anything behind a comma or dot"),
        "grouping": _("Put dots between thousands only, for example 1.500.000, or none at all"),
        "leading_zero": _("The number must not begin with 0"),
        "too_much": _("This number is too large"),
        "not_whole": _("Write a whole number"),
        "number_least": _("This must be %(bound)s or more"),
        "number_most": _("This must be %(bound)s or less"),
        "date_incomplete": _("Enter the day, month and year"),
        "date_unreal": _("Enter a date that exists, for example 30 11 2026"),
        "date_year": _("Write the year in four digits"),
        "date_least": _("Enter %(bound)s or a later day"),
        "date_most": _("Enter %(bound)s or an earlier day"),
        "rows_least": _("Enter at least %(bound)s of these"),
        "rows_most": _("Enter at most %(bound)s of these"),
        "person": _("A personal number has 12 digits. You entered %(count)s"),
        "person_characters": _("A personal number has 12 digits and nothing else"),
        "province": _("Choose the province or city"),
        "province_unknown": _("Choose one of the provinces and cities on this page"),
        "commune": _("Enter the commune or ward"),
        "line": _("Enter the house number and street, or the village"),
        "not_held": _("This is not among your files and papers any more. Choose it again"),
        "not_on_record": _("“%(label)s” is not on record. Ask to have it entered: %(kept_by)s"),
    }
)
# Why a file is not taken, by the code of services.attachments.NotTaken.
FILES: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "empty": _("There is nothing in this file. Choose it again."),
        "not_taken": _("Only pictures (JPEG, PNG or WebP) and PDF are taken. Choose another file, or take a "
                       "photo of it."),
        "heic": _("We cannot read pictures in HEIC. Make a screenshot of it and choose that."),
        "moving": _("This picture moves. Choose one that stands still."),
        "pixels": _("This picture has too many pixels. Take it again with a lower resolution."),
        "broken": _("This picture is damaged, or not all of it arrived. Choose it again, or take another."),
        "broken_pdf": _("This PDF cannot be read. Save it as PDF once more, or take photos of its pages."),
        "active": _("This PDF holds a program, a form that works things out, or other files. Print it as a new PDF, "
                    "and choose that."),
        "locked": _("This PDF is locked with a password. Save it without one, and choose that."),
        "complex": _("This PDF has more than %(most)s pages, or is made of too many parts. Send only the pages "
                     "that are needed."),
        "large": _("This file is larger than %(most)s MB. Choose a smaller one, or take a photo of it."),
        "virus": _("A virus scanner found something harmful in this file. It was not kept. Choose another file."),
        "unscanned": _("Files cannot be checked for viruses just now, so none is taken. Your answers are safe; "
                       "try again in some minutes."),
        "full": _("The files that you sent and filed nothing with take up %(most)s MB already. Your answers are safe; "
                  "choose one of those files, or file one of your forms first."),
        "too_often": _("You sent many files in a short time. Your answers are safe; try again in an hour."),
    }
)  # fmt: skip
# Why the clock of an application stood still, as who filed it and who it is about read it; by enums.PauseReason.
PAUSED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "citizen": _("The time stood still: something was asked for"),
        "consent": _("The time stood still: somebody was asked to agree"),
        "opinion": _("The time stood still: another office was asked"),
    }
)
# What decisions change, by rules.effects.EFFECTS.
EFFECT_WORDS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "residence.stay": _("The temporary residence is registered"),
        "residence.move": _("The permanent residence is registered"),
        "account.lock": _("The e-ID is locked"),
        "account.unlock": _("The e-ID is unlocked"),
        "birth.register": _(
            "The child has a personal number, and the parent acts for the child here"
        ),
        "health_card.request": _("The health card of the child is asked for"),
    }
)
