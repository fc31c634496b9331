"""The banks of NAPAS's network by their BIN, which every account number in a transfer stands beside."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# NAPAS's list of members, as at least three published lists agree.
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "970403": "Sacombank",
        "970405": "Agribank",
        "970407": "Techcombank",
        "970409": "Bac A Bank",
        "970412": "PVcomBank",
        "970415": "VietinBank",
        "970416": "ACB",
        "970418": "BIDV",
        "970419": "NCB",
        "970422": "MB",
        "970423": "TPBank",
        "970425": "ABBank",
        "970426": "MSB",
        "970428": "Nam A Bank",
        "970429": "SCB",
        "970431": "Eximbank",
        "970432": "VPBank",
        "970436": "Vietcombank",
        "970437": "HDBank",
        "970438": "BaoViet Bank",
        "970440": "SeABank",
        "970441": "VIB",
        "970443": "SHB",
        "970448": "OCB",
        "970449": "LPBank",
        "970452": "Kienlongbank",
        "970454": "BVBank",
    }
)
