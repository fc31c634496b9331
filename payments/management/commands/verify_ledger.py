"""Prove the books from their postings."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.selectors import ledger


class Command(BaseCommand):
    help = "Verify that entries balance and agree with orders, payments and refunds; names what does not, exits with 1."
    requires_system_checks: list[str] = []

    def handle(self, **_options: Any) -> None:
        faults = ledger.find_faults()
        for fault in faults:
            self.stdout.write(f"WRONG {fault}")
        for each in ledger.find_balances():
            self.stdout.write(f"{each.account:24} {each.amount:>22,}")
        if faults:
            raise CommandError(f"the books are off: {len(faults)} findings")
        self.stdout.write("the books are off by 0")
