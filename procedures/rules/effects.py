"""What a decision can change beside its paper, and what each of them needs; ``services.effects`` carries them out."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from procedures.rules.expressions import Type

# By the name that procedures use: the values it takes.
EFFECTS: Final[Mapping[str, Mapping[str, Type]]] = MappingProxyType(
    {
        "residence.stay": {"address": Type.ADDRESS, "until": Type.DATE},  # temporary
        "residence.move": {"address": Type.ADDRESS},  # permanent
        "account.lock": {},
        "account.unlock": {},
        "birth.register": {
            "full_name": Type.TEXT, "birth_date": Type.DATE, "sex": Type.TEXT, "residence": Type.ADDRESS,
        },  # the residence may be missing: it was not asked for
        "health_card.request": {"full_name": Type.TEXT, "birth_date": Type.DATE, "clinic": Type.TEXT},  # of a child
    }
)  # fmt: skip
# What a document may give besides. A revision without it stays as it is: open files stay on theirs.
MORE: Final[Mapping[str, Mapping[str, Type]]] = MappingProxyType(
    {
        "birth.register": {"other_parent": Type.TEXT},  # a personal number
        "residence.stay": {"since": Type.DATE},  # else the day on which it is registered
    }
)
