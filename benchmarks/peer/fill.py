"""Make the peer's tables and people: ``python -m benchmarks.peer.fill 200``."""

import sys
from datetime import date, timedelta

import django

django.setup()

# Models can be imported only once Django is set up.
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.peer.models import (  # noqa: E402
    Card,
    Event,
    Notice,
    Office,
    Paper,
    Person,
    Province,
    Stay,
    Verification,
)
from benchmarks.people import PASSWORD  # noqa: E402
from eid_portal.core import passwords  # noqa: E402

call_command("migrate", "auth", verbosity=0)
call_command("migrate", verbosity=0, run_syncdb=True)
encoded = passwords.hash_password(PASSWORD)
if not User.objects.exists():
    provinces = Province._default_manager.bulk_create(
        Province(name=name) for name in ["Hà Nội", "Hải Phòng", *(f"Tỉnh {n}" for n in range(32))]
    )
    Office._default_manager.create(
        name="Công an phường Hồng Bàng", province=provinces[1], commune="Hồng Bàng"
    )
    now = timezone.now()  # noqa: TID251 - the peer is an ordinary project
    for place in range(int(sys.argv[1])):
        user = User.objects.create(
            username=f"user{place}", password=encoded, first_name="Đo", last_name="Lường"
        )
        Card._default_manager.create(
            user=user, full_name="Nguyễn Thị Đo Lường", number=f"999200{place:06d}",
            birth_date=date(2000, 1, 1), sex="F", issued_on=date(2025, 1, 2), expires_on=date(2040, 1, 1),
        )  # fmt: skip
        Person._default_manager.create(
            user=user, full_name="Nguyễn Thị Đo Lường", birth_date=date(2000, 1, 1), sex="F",
            personal_number=f"999200{place:06d}", province="Hà Nội", commune="Phường Cửa Nam", line="Số 1",
            phone="+84912000000", head_name="Nguyễn Thị Đo Lường",
            head_relation="HEAD", head_number=f"999200{place:06d}",
        )  # fmt: skip
        stay = Stay(
            user=user, province=provinces[1], commune="Hồng Bàng", line="7 Mẫu", start=now.date(), duration="one_year",
            owner="001300000016", relation="tenant", proof="consent",
        )  # fmt: skip
        stay.set_until(stay.start, 12)
        Stay._default_manager.bulk_create([stay])
        for _ in range(8):
            Event._default_manager.create(
                user=user, what="Signed in", who="You", icon="smartphone", at=now
            )
        for _ in range(3):
            Notice._default_manager.create(
                user=user,
                text="Tài khoản của bạn vừa được đăng nhập trên một thiết bị mới.",
                at=now,
            )
        for ending in range(8):
            licence = ending < 4
            verifying = ending == 7
            paper = Paper._default_manager.create(
                user=user, kind="LICENCE" if licence else "MOTORCYCLE", icon="car", look="lic" if licence else "car",
                number=f"79{place:04d}12345{ending}" if licence else f"59X3-1{place:02d}.{ending:02d}",
                state="VERIFYING" if verifying else "VERIFIED",
                data={"classes": ["A1", "B"], "points": 12} if licence
                else {"brand": "HONDA", "model": "Vision", "colour": "Đỏ đen"},
                expires_on=date(2035, 6, 9) if licence else None, verified_at=now,
                next_check_at=now + timedelta(days=1),
            )  # fmt: skip
            Verification._default_manager.create(
                paper=paper,
                requested_at=now,
                latest_at=now + timedelta(days=1),
                done_at=None if verifying else now,
            )
