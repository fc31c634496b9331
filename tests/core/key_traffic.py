"""Somebody who keeps using the portal, in their own process, until standard input ends; any failure ends it with 1.

Writes a JSON line when it has begun, and one at the end: how often it went round, and the keys it used last.
"""

import itertools
import json
import select
import sys

import django


def say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    django.setup()

    from accounts.models import Citizen
    from accounts.models.indexes import number_indexes
    from eid_portal.core import audit, keys, passwords
    from eid_portal.core.events import SYSTEM
    from tests.core.happenings import Told
    from tests.factories import NAME, make_citizen, personal_number

    hashed = passwords.hash_password("bốn từ không liên quan")
    fresh = itertools.count(1)
    rounds = 0
    while True:
        number = personal_number(rounds % 60)
        citizen = Citizen.objects.get(personal_number_index__in=number_indexes(number))
        assert citizen.full_name == NAME
        event = audit.record(Told(words=NAME), actor=SYSTEM, subject_id=citizen.pk)
        assert audit.mac_holds(event)
        assert audit.personal_data(event) == {"words": NAME}
        if rounds % 25 == 0:
            assert passwords.matches("bốn từ không liên quan", hashed)
            make_citizen(personal_number=f"0013020{next(fresh):05d}")
        if rounds == 0:
            say(begun=True)
        rounds += 1
        if select.select([sys.stdin], [], [], 0)[0]:
            break
    used = {purpose: keys.current(purpose)[0] for purpose in keys.PURPOSES}
    say(rounds=rounds, keys=used)


if __name__ == "__main__":
    main()
