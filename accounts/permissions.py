"""Who may do what, decided from roles and ids."""

from collections.abc import Collection

from accounts.enums import AccountKind, Role
from accounts.models import Account


def may_work_at_counter(account: Account, roles: Collection[str]) -> bool:
    """Counter officers and their supervisors."""
    return account.kind == AccountKind.OFFICER and bool(
        {Role.COUNTER, Role.SUPERVISOR} & set(roles)
    )


def may_approve(account: Account, roles: Collection[str]) -> bool:
    """Supervisors decide exceptions of their office."""
    return account.kind == AccountKind.OFFICER and Role.SUPERVISOR in roles


def may_check_on_the_road(account: Account, roles: Collection[str]) -> bool:
    """Traffic officers look at drivers' papers, and at nothing else."""
    return account.kind == AccountKind.OFFICER and Role.ROADSIDE in roles


def may_work_on_cases(account: Account, roles: Collection[str]) -> bool:
    """Case officers and the heads of their desks read and decide applications."""
    return account.kind == AccountKind.OFFICER and bool({Role.CASE, Role.CASE_LEAD} & set(roles))


def may_lead_cases(account: Account, roles: Collection[str]) -> bool:
    """Heads of desks give applications to others and agree to what was proposed."""
    return account.kind == AccountKind.OFFICER and Role.CASE_LEAD in roles
