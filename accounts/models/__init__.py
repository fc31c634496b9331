"""The tables of accounts, by subject."""

from accounts.models.accounts import (
    Account,
    ActivationSlip,
    Authenticator,
    Device,
    DeviceSession,
    Flow,
    OneTimeCode,
    RecoveryCode,
)
from accounts.models.offices import CardCase, Notice, Office, OfficeRole, Province, RegistrationCode
from accounts.models.people import (
    CardEvent,
    CardReview,
    Citizen,
    FormerPersonalNumber,
    IdCard,
    Portrait,
    Relation,
)

__all__ = [
    "Account",
    "ActivationSlip",
    "Authenticator",
    "CardCase",
    "CardEvent",
    "CardReview",
    "Citizen",
    "Device",
    "DeviceSession",
    "Flow",
    "FormerPersonalNumber",
    "IdCard",
    "Notice",
    "Office",
    "OfficeRole",
    "OneTimeCode",
    "Portrait",
    "Province",
    "RecoveryCode",
    "RegistrationCode",
    "Relation",
]
