"""What people are told about what they typed or scanned: words by flaw, and what to do instead."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

# By rules.amounts.Flaw; %(most)s is the most that can be paid at once, as it is shown.
AMOUNTS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "empty": _("Enter an amount"),
        "sign": _("Enter an amount above zero, without plus or minus"),
        "digits": _("Write the amount with the digits 0 to 9 of an ordinary keyboard"),
        "characters": _("Write the amount in full in digits, for example 1.500.000"),
        "fraction": _("The amount must be whole đồng, without anything behind a comma or dot"),
        "grouping": _("Put dots between thousands only, for example 1.500.000, or none at all"),
        "leading_zero": _("The amount must not begin with 0"),
        "zero": _("Enter an amount above zero"),
        "too_much": _("The amount can be at most %(most)s ₫"),
        "not_whole": _("The amount must be a whole number"),
    }
)
# By rules.social_premium.NotInsured; %(bound)s is the nearest income that can be chosen.
INCOMES: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "low": _("The least that can be chosen is %(bound)s ₫"),
        "high": _("The most that can be chosen is %(bound)s ₫"),
    }
)
# By rules.social_premium.Group.
GROUPS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "poor": _("poor household, island commune or special zone"),
        "near_poor": _("near-poor household"),
        "minority": _("ethnic minority"),
        "others": _("everybody else"),
    }
)
# By rules.vietqr.Flaw.
QR_CODES: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "structure": _("This is not a VietQR code, or not all of it was read. Scan it again."),
        "duplicate": _("This code says something twice. Ask for a new one."),
        "trailing": _("Something was added behind this code. Do not pay it; ask for a new one."),
        "checksum": _("This code is damaged or was changed. Scan it again, or ask for a new one."),
        "format": _("This is not a code for payments in Viet Nam"),
        "currency": _("This code asks for another currency. Only đồng can be paid here."),
        "amount": _("The amount in this code is not in whole đồng. Ask for a new one."),
        "fee": _("This code asks for a tip or fee on top, which cannot be paid here"),
        "payee": _("This code is for a shop or a card we cannot pay. Ask for the code of a bank account."),
        "bank": _("We do not know the bank in this code. Ask for an account at another bank."),
        "account": _("There is no account number in this code. Ask for a new one."),
    }
)  # fmt: skip
# By core.pictures.Flaw, and what else a picture of a code can lack; %(most)s is megabytes.
PICTURES: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "kind": _("This is not a picture we can read. Choose one in JPEG, PNG or WebP."),
        "heic": _("We cannot read pictures in HEIC. Make a screenshot of it and choose that."),
        "moving": _("This picture moves. Make a screenshot of the code and choose that."),
        "pixels": _("This picture has too many pixels. Make a screenshot of it and choose that."),
        "broken": _("This picture is damaged, or not all of it arrived. Choose it again, or take another."),
        "large": _("This picture is larger than %(most)s MB. Make a screenshot of it and choose that."),
        "none": _("There is no code in this picture that we can read. Take it again, sharp, bright and with the whole "
                  "code, or type the account number below."),
        "several": _("There are several codes in this picture. Choose a picture of the one that you want to pay."),
        "too_often": _("You sent many pictures in a short time. Type the account number below, or try again later."),
    }
)  # fmt: skip
# By rules.customer_codes.Flaw; %(hint)s is what the biller says its codes look like.
CUSTOMER_CODES: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "empty": _("Enter the customer code. It stands at the top of the bill."),
        "characters": _("A customer code has letters A to Z and digits only"),
        "length": _("An electricity customer code has 13 characters, for example PE01000123456"),
        "start": _("An electricity customer code begins with PA, PB, PC, PD, PE, PP or PQ"),
        "shape": _("This biller’s codes look different: %(hint)s"),
    }
)
# By rules.assurance.Because.
ASSURANCE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "small": _("A code by text message is enough for this amount"),
        "known_biller": _("A code by text message is enough for a known biller’s bill"),
        "amount": _("From %(strong_from)s ₫ on, a passkey confirms each transfer"),
        "day_total": _("Your transfers of today pass %(strong_day_total)s ₫, so a passkey confirms each one"),
        "new_payee": _("You have not paid this person before, so a passkey confirms more than %(first_payee_most)s ₫"),
        "new_device": _("This device is new, so a passkey confirms its first payments"),
        "recovered": _("Your account was recovered recently, so a passkey confirms each payment"),
        "recovered_wait": _("Transfers are stopped for now; they begin again within %(after_recovery)s hours"),
        "too_much": _("At most %(largest)s ₫ can be sent at once"),
    }
)  # fmt: skip
# Why a bank did not debit, by its word for it or ours.
BANK_REFUSALS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "no_money": _(
            "There is not enough money in the account. Put money in, or pay from another account."
        ),
        "account_closed": _("The account is closed. Pay from another account."),
        "consent_ended": _(
            "Your consent at the bank has ended. Link the account again, or pay from another."
        ),
        "limit": _(
            "The amount is above the limit at your bank. Raise the limit there, or pay from another account."
        ),
        "not_found": _(
            "The bank does not know the account any more. Link it again, or pay from another."
        ),
        "not_arrived": _(
            "Our request did not reach the bank. Nothing was debited; you can pay again."
        ),
        "bank_unreachable": _(
            "The bank could not be reached for ten minutes. Nothing was debited; you can pay again."
        ),
        "": _("The bank gave no reason. Ask your bank, or pay from another account."),
    }
)
# Why a payee did not take a payment, by its word for it or ours.
PAYEE_REFUSALS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "already_paid": _("This bill was paid before, by another way"),
        "withdrawn": _("The biller withdrew this bill"),
        "amount_changed": _("The biller changed the amount meanwhile"),
        "not_found": _("The payee does not know this bill or account"),
        "account_closed": _("The payee’s account is closed"),
        "limit": _("The amount is above the payee’s limit"),
        "not_arrived": _("It did not reach the payee"),
        "debited_late": _("The bank debited it after the payment had ended"),
        "": _("The payee did not take it"),
    }
)  # fmt: skip
# Why an order ended before it was confirmed.
CANCELLED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "expired": _("The time to confirm it ran out."),
        "taken_back": _("You cancelled it."),
        "chosen_anew": _("You began again, perhaps in another window."),
        "": _("It was not confirmed."),
    }
)
# By rules.disputes.Flaw; %(days)s is how long a payment can be disputed.
NOT_DISPUTED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "no_money": _(
            "No money left your account for this payment, so there is nothing to give back."
        ),
        "refunded": _("All of this payment is back in your account, or on its way there."),
        "too_late": _("This was paid more than %(days)s days ago. Ask the payee, or your bank."),
    }
)
