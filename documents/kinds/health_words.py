"""Categories of health insurance and their benefit, in words."""

from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents import policy
from documents.rules.health_cards import CATEGORIES, Group

GROUPS: Final[dict[Group, Any]] = {
    Group.WORK: gettext_lazy("paid by employee and employer"),
    Group.SOCIAL_INSURANCE: gettext_lazy("paid by social insurance"),
    Group.STATE: gettext_lazy("paid by the state"),
    Group.STATE_SUPPORT: gettext_lazy("paid with support of the state"),
    Group.HOUSEHOLD: gettext_lazy("paid by the household"),
}
# Decision 1351/QD-BHXH art. 2; categories without words of their own are named by who pays.
PEOPLE: Final[dict[str, Any]] = {
    "DN": gettext_lazy("Employees of companies"),
    "HX": gettext_lazy("Employees of cooperatives"),
    "CH": gettext_lazy("Employees of state bodies and the armed forces"),
    "NN": gettext_lazy("Employees of foreign organisations"),
    "TK": gettext_lazy("Employees of other organisations"),
    "HC": gettext_lazy("Civil servants and public employees"),
    "XK": gettext_lazy("Part-time officials of communes"),
    "HT": gettext_lazy("Pensioners"),
    "TN": gettext_lazy("People on unemployment benefit"),
    "QN": gettext_lazy("Members of the army"),
    "CA": gettext_lazy("Members of the police"),
    "CY": gettext_lazy("Members of the cipher service"),
    "CC": gettext_lazy("People with merit for the revolution"),
    "CK": gettext_lazy("People with merit for the revolution"),
    "CB": gettext_lazy("Veterans"),
    "TE": gettext_lazy("Children under 6"),
    "BT": gettext_lazy("People on monthly social assistance"),
    "HN": gettext_lazy("Poor households"),
    "DT": gettext_lazy("Ethnic minorities in areas with difficulties"),
    "CN": gettext_lazy("Nearly poor households"),
    "HS": gettext_lazy("Pupils"),
    "SV": gettext_lazy("Students"),
    "GD": gettext_lazy("Households"),
}
BENEFITS: Final[dict[int, Any]] = {
    1: gettext_lazy("without limits on medicines and services within the scope"),
    2: gettext_lazy("with limits on some medicines and services"),
    3: gettext_lazy("with limits on some medicines and services"),
    4: gettext_lazy("with limits on some medicines and services"),
    5: gettext_lazy("also outside the scope of health insurance"),
}


def category(code: str) -> str:
    """``Pupils (HS), paid with support of the state``."""
    values = {"code": code, "paid": GROUPS[CATEGORIES[code]]}
    if code not in PEOPLE:
        return _("Category %(code)s, %(paid)s") % values
    return _("%(people)s (%(code)s), %(paid)s") % (values | {"people": PEOPLE[code]})


def benefit(level: int) -> str:
    """``80% of the cost of treatment, with limits on …``."""
    return _("%(percent)s%% of the cost of treatment, %(how)s") % {
        "percent": policy.HEALTH_BENEFIT_PERCENT[level],
        "how": BENEFITS[level],
    }
