"""The peer of `payment_service`: for each number it reads it makes as many transfers, and prints their CPU seconds."""

import json
import sys
import time
from itertools import cycle

import django


def main() -> None:
    """Serve until the input ends."""
    django.setup()
    from django.db import transaction
    from hordak.models import Account, AccountType
    from moneyed import Money

    def make(name: str, kind: AccountType) -> Account:
        return Account.objects.create(name=name, code=name, type=kind, currencies=["VND"])

    transit = make("0", AccountType.liability)
    billers = cycle([make(str(place), AccountType.liability) for place in range(1, 101)])
    for line in sys.stdin:
        began = time.process_time()
        for _place in range(int(line)):
            with transaction.atomic():
                transit.transfer_to(next(billers), Money(512_000, "VND"))
        print(json.dumps(time.process_time() - began), flush=True)


if __name__ == "__main__":
    main()
