"""The billers and figures there are to begin with, and that figures once in force stay as they were."""

from datetime import date

from django.db import migrations

_USED_STAYS = """
CREATE FUNCTION payments_used_tariff_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.from_day <= (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date THEN
        RAISE EXCEPTION 'figures that were in force stay; follow them by others' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER payments_tariff_stays BEFORE UPDATE OR DELETE ON payments_tariff
    FOR EACH ROW EXECUTE FUNCTION payments_used_tariff_stays();
"""
_NOTHING_STAYS = """
DROP TRIGGER payments_tariff_stays ON payments_tariff;
DROP FUNCTION payments_used_tariff_stays();
"""
_SOCIAL = {"rate": 22, "times_most": 20, "months": [1, 3, 6, 12], "supported_months": 120}
# (name, from, values, source, confidence)
TARIFFS = [
    (
        "electricity",
        date(2025, 5, 10),
        {"tiers": [[50, 1984], [100, 2050], [200, 2380], [300, 2998], [400, 3350], [None, 3460]]},
        "Decision 1279/QD-BCT",
        "R",
    ),
    ("vat:electricity", date(2023, 7, 1), {"percent": 8}, "Resolution 101/2023/QH15 and those after it", "R"),
    ("vat:electricity", date(2027, 1, 1), {"percent": 10}, "Resolution 204/2025/QH15: reduced until 31-12-2026", "B"),
    (
        "water:hawacom",
        date(2024, 1, 1),
        {"tiers": [[10, 8500], [20, 9900], [30, 16000], [None, 27000]], "vat": 5, "waste_water": 10},
        "Decision 3541/QD-UBND of Hà Nội",
        "B",
    ),
    ("base_salary", date(2023, 7, 1), {"amount": 1_800_000}, "Decree 24/2023/ND-CP", "R"),
    ("base_salary", date(2024, 7, 1), {"amount": 2_340_000}, "Decree 73/2024/ND-CP", "R"),
    ("poverty_line", date(2022, 1, 1), {"amount": 1_500_000}, "Decree 07/2021/ND-CP, rural areas", "R"),
    (
        "health_premium",
        date(2018, 12, 1),
        {"rate": "4.5", "shares": [100, 70, 60, 50, 40], "months": [3, 6, 12]},
        "Decree 146/2018/ND-CP art. 7",
        "R",
    ),
    (
        "social_premium",
        date(2018, 1, 1),
        _SOCIAL | {"support": {"poor": 30, "near_poor": 25, "minority": 10, "others": 10}},
        "Decree 134/2015/ND-CP art. 14",
        "R",
    ),
    (
        "social_premium",
        date(2025, 7, 1),
        _SOCIAL | {"support": {"poor": 50, "near_poor": 40, "minority": 30, "others": 20}},
        "Law 41/2024/QH15; Decree 159/2025/ND-CP art. 5",
        "B",
    ),
    (
        "limits",
        date(2024, 7, 1),
        {
            "strong_from": 10_000_000,
            "strong_day_total": 20_000_000,
            "largest": 499_999_999,
            "first_payee_most": 5_000_000,
            "first_payee_held_hours": 24,
            "after_recovery_hours": 24,
        },
        "Decision 2345/QD-NHNN; NAPAS 247 (largest); first payee and recovery are ours",
        "R",
    ),
    ("fees", date(2024, 7, 1), {"BILL": 0, "PREMIUM": 0, "TRANSFER": 0, "FEE": 0}, "Ours: nothing is taken", "R"),
]
_EVN = "13 ký tự, bắt đầu bằng {0}, ví dụ {0}01000123456"
_EVN_EN = "13 characters that begin with {0}, for example {0}01000123456"
_PERSON = r"\d{12}"
_PERSON_HINT, _PERSON_HINT_EN = "12 chữ số của số định danh", "the 12 digits of the personal number"


def _electricity(code, letters, name, name_en, short_name):
    first = letters[0]
    second = first if first == letters else f"[{letters}]"
    return (
        code, "ELECTRICITY", "evn", name, name_en, short_name, rf"P{second}[A-Z0-9]{{11}}",
        _EVN.format(f"P{first}"), _EVN_EN.format(f"P{first}"), False,
    )


# (code, kind, party, name, name in English, short name, pattern, hint, hint in English, by person)
BILLERS = [
    _electricity("evn-npc", "A", "Tổng công ty Điện lực miền Bắc", "Northern Power Corporation", "EVN NPC"),
    _electricity("evn-spc", "B", "Tổng công ty Điện lực miền Nam", "Southern Power Corporation", "EVN SPC"),
    _electricity("evn-cpc", "CPQ", "Tổng công ty Điện lực miền Trung", "Central Power Corporation", "EVN CPC"),
    _electricity("evn-hanoi", "D", "Tổng công ty Điện lực TP. Hà Nội", "Hà Nội Power Corporation", "EVN Ha Noi"),
    _electricity("evn-hcmc", "E", "Tổng công ty Điện lực TP. Hồ Chí Minh", "Hồ Chí Minh City Power Corporation", "EVN HCMC"),
    (
        "sawaco", "WATER", "water", "Tổng công ty Cấp nước Sài Gòn", "Saigon Water Corporation", "Sawaco",
        r"0\d{9}", "10 chữ số danh bộ, ví dụ 0712345678", "the 10 digits of the register, for example 0712345678", False,
    ),
    (
        "hawacom", "WATER", "water", "Công ty Nước sạch Hà Nội", "Hà Nội Water Company", "Hawacom",
        r"1\d{8}", "9 chữ số, ví dụ 101234567", "9 digits, for example 101234567", False,
    ),
    (
        "health-premiums", "HEALTH_INSURANCE", "health-premiums", "Bảo hiểm xã hội Việt Nam, bảo hiểm y tế",
        "Viet Nam Social Security, health insurance", "BHYT", _PERSON, _PERSON_HINT, _PERSON_HINT_EN, True,
    ),
    (
        "social-premiums", "SOCIAL_INSURANCE", "social-premiums", "Bảo hiểm xã hội Việt Nam, bảo hiểm xã hội tự nguyện",
        "Viet Nam Social Security, voluntary social insurance", "BHXH", _PERSON, _PERSON_HINT, _PERSON_HINT_EN, True,
    ),
    (
        "treasury", "STATE_FEE", "treasury", "Kho bạc Nhà nước", "State Treasury", "Kho bac NN",
        _PERSON, _PERSON_HINT, _PERSON_HINT_EN, True,
    ),
]
_COLUMNS = (
    "kind", "party", "name", "name_en", "short_name", "code_pattern", "code_hint", "code_hint_en", "by_person",
)


def fill(apps, _schema_editor):
    """Load both; administrators edit and follow them from here on."""
    biller, tariff = apps.get_model("payments", "Biller"), apps.get_model("payments", "Tariff")
    for code, *columns in BILLERS:
        biller.objects.get_or_create(code=code, defaults=dict(zip(_COLUMNS, columns, strict=True)))
    for name, from_day, values, source, confidence in TARIFFS:
        tariff.objects.get_or_create(
            name=name, from_day=from_day, defaults={"values": values, "source": source, "confidence": confidence}
        )


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_ledger")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL(_USED_STAYS, _NOTHING_STAYS),
    ]
