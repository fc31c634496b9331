"""Grants of different people, taken together: all is read once, decided one by one, and written at once."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.utils import translation

from accounts import events, policy, states, texts
from accounts.enums import (
    AccountKind,
    AccountState,
    AuthenticatorKind,
    AuthenticatorState,
    CardEventOutcome,
    CardState,
    Level,
    NoticeChannel,
    NoticeKind,
    NoticeState,
)
from accounts.models import Account, Authenticator, Citizen, FormerPersonalNumber, IdCard, Notice
from accounts.models.indexes import (
    card_number_index,
    number_index,
    number_indexes,
    phone_index,
    phone_indexes,
)
from accounts.rules import card_validity, levels, locks
from accounts.services import notices, owner_locks
from accounts.services.grants import By, Grant, Issued, Person, Refusal, expiry
from eid_portal.core import audit, bulk, clock, ids
from eid_portal.core.events import Actor, Event
from eid_portal.core.models import AuditEvent
from eid_portal.core.transitions import move, move_many

# A new card takes these reasons to be locked away.
CARD_REASONS: Final = frozenset(locks.OF_CARD.values())


class Batch:
    """Grants of different people: read all there is, decide one by one, write all at once."""

    def __init__(self, grants: list[Grant], *, by: By, actor: Actor, now: datetime) -> None:
        self.grants, self.by, self.actor, self.now = grants, by, actor, now
        self.events: list[AuditEvent] = []
        self.new_citizens: list[Citizen] = []
        self.new_cards: list[IdCard] = []
        self.new_accounts: list[Account] = []
        self.new_levels: list[Account] = []
        self.replaced: list[IdCard] = []
        self.phones: list[tuple[Account, str]] = []
        self.told: list[tuple[Account, NoticeKind]] = []
        self._read()

    def issue(self) -> list[Issued | Refusal]:
        """Decide and write."""
        answers = [self._one(grant) for grant in self.grants]
        self._write()
        return answers

    def _read(self) -> None:
        by_index = {
            index: grant.person.personal_number
            for grant in self.grants
            for index in number_indexes(grant.person.personal_number)
        }
        rows = Citizen.objects.filter(personal_number_index__in=list(by_index))
        self.citizens = {by_index[row.personal_number_index]: row for row in rows}
        former = FormerPersonalNumber.objects.filter(personal_number_index__in=list(by_index))
        self.former = {
            by_index[index] for index in former.values_list("personal_number_index", flat=True)
        } - self.citizens.keys()
        ids_ = [row.pk for row in self.citizens.values()]
        self.accounts = {
            row.citizen_id: row
            for row in Account.objects.select_for_update()
            .filter(citizen_id__in=ids_, kind=AccountKind.CITIZEN)
            .exclude(state=AccountState.CLOSED)
        }
        self.cards = {
            row.citizen_id: row
            for row in IdCard.objects.filter(citizen_id__in=ids_).exclude(state=CardState.REPLACED)
        }
        phones = {
            index: grant.phone
            for grant in self.grants
            if grant.phone
            for index in phone_indexes(grant.phone)
        }
        # The phone an account has, or the last one that was disabled.
        self.phone_on_record = {
            row.account_id: row.phone_index
            for row in Authenticator.objects.filter(
                account_id__in=[account.pk for account in self.accounts.values()],
                kind=AuthenticatorKind.SMS,
                state__in=[AuthenticatorState.ACTIVE, AuthenticatorState.DISABLED],
            ).order_by("-state", "bound_at")
        }
        self.phone_owner: dict[str, UUID] = {}
        self.phone_replaced: dict[str, UUID] = {}  # can still be brought back: not free for others
        if phones:
            for row in Authenticator.objects.filter(
                phone_index__in=list(phones),
                kind=AuthenticatorKind.SMS,
                state__in=[AuthenticatorState.ACTIVE, AuthenticatorState.REPLACED],
                account_kind=AccountKind.CITIZEN,
            ):
                if row.phone_index in phones:
                    in_use = row.state == AuthenticatorState.ACTIVE
                    owners = self.phone_owner if in_use else self.phone_replaced
                    owners[phones[row.phone_index]] = row.account_id

    def _one(self, grant: Grant) -> Issued | Refusal:
        if grant.person.personal_number in self.former:
            return Refusal("former_number")
        citizen = self.citizens.get(grant.person.personal_number)
        account = self.accounts.get(citizen.pk) if citizen else None
        held = self.cards.get(citizen.pk) if citizen else None
        if citizen is not None and not citizen.alive:
            return Refusal("deceased")
        if grant.card and held and grant.card.issued_on < held.issued_on:
            return Refusal("card_older")
        if grant.phone:
            owner = self.phone_owner.get(grant.phone) or self.phone_replaced.get(grant.phone)
            if owner is not None and (account is None or owner != account.pk):
                return Refusal("phone_taken")
        citizen = self._citizen(grant.person, citizen)
        card = self._card(grant, citizen, held)
        account, outcome = self._account(
            grant,
            citizen,
            account,
            has_card=self._is_valid(card),
            is_new_card=card is not None and card is not held,
        )
        if (
            grant.phone
            and self.phone_owner.get(grant.phone) != account.pk
            and self._may_bind(grant, grant.phone, account)
        ):
            self.phone_owner[grant.phone] = account.pk
            self.phones.append((account, grant.phone))
        return Issued(
            citizen_id=citizen.pk,
            account_id=account.pk,
            card_id=card.pk if card else None,
            outcome=outcome,
            level=account.level or Level.ONE,
        )

    def _may_bind(self, grant: Grant, phone: str, account: Account) -> bool:
        """A first phone before the account is in use, the same one again at a counter, or what two people agreed to."""
        on_record = self.phone_on_record.get(account.pk)
        if grant.replaces_phone:
            return True
        if on_record is None:
            return account.state == AccountState.ISSUED
        return self.by == "counter" and on_record in phone_indexes(phone)

    def _citizen(self, person: Person, citizen: Citizen | None) -> Citizen:
        said = {
            "full_name": person.full_name,
            "birth_date": person.birth_date,
            "sex": str(person.sex),
            "nationality": person.nationality,
            "residence": person.residence,
        }
        if citizen is None:
            citizen = Citizen(
                personal_number=person.personal_number,
                personal_number_index=number_index(person.personal_number),
                created_at=self.now,
                **said,
            )
            self.new_citizens.append(citizen)
            return citizen
        if person.residence is None:
            del said["residence"]
        changed = {name: value for name, value in said.items() if getattr(citizen, name) != value}
        if changed:
            before = {name: _text(getattr(citizen, name)) for name in changed}
            for name, value in changed.items():
                setattr(citizen, name, value)
            citizen.save(update_fields=list(changed))
            after = {name: _text(value) for name, value in changed.items()}
            updated = events.CitizenUpdated(fields=sorted(changed), before=before, after=after)
            self._record(updated, citizen, citizen)
        return citizen

    def _card(self, grant: Grant, citizen: Citizen, held: IdCard | None) -> IdCard | None:
        if grant.card is None:
            return held
        if (
            held is not None
            and held.state == CardState.VALID
            and held.issued_on == grant.card.issued_on
        ):
            return held  # the same card once more
        if held is not None:
            self.replaced.append(held)
        expires_on = expiry(grant.person, grant.card)
        card = IdCard(
            state=CardState.VALID,
            citizen=citizen,
            number=grant.card.number,
            number_index=card_number_index(grant.card.number),
            kind=grant.kind,
            issued_on=grant.card.issued_on,
            expires_on=expires_on,
            review_month=card_validity.review_month(expires_on),
            created_at=self.now,
        )
        self.new_cards.append(card)
        self._record(events.CardGranted(kind=grant.kind.value), citizen, card)
        return card

    def _is_valid(self, card: IdCard | None) -> bool:
        """A grant without a card leaves the one on record, and that may have expired or been lost."""
        return (
            card is not None
            and card.state == CardState.VALID
            and not card_validity.has_expired(card.expires_on, clock.today(self.now))
        )

    def _account(
        self,
        grant: Grant,
        citizen: Citizen,
        account: Account | None,
        *,
        has_card: bool,
        is_new_card: bool,
    ) -> tuple[Account, CardEventOutcome]:
        level = levels.level_for(
            age=card_validity.age_on(grant.person.birth_date, clock.today(self.now)),
            has_valid_card=has_card,
            is_foreign=grant.person.nationality != "VNM",
            requested=grant.level_2_requested,
        )
        if account is None:
            account = Account(
                state=AccountState.ISSUED,
                kind=AccountKind.CITIZEN,
                citizen=citizen,
                level=level,
                created_at=self.now,
            )
            self.new_accounts.append(account)
            self._record(events.AccountIssued(level=level, by=self.by), citizen, account)
            self.told.append((account, NoticeKind.ACCOUNT_ISSUED))
            return account, CardEventOutcome.ISSUED
        if level > (account.level or 0):  # a card never lowers it
            account.level = level
            self.new_levels.append(account)
            self._record(events.LevelChanged(level=level), citizen, account)
        if (
            account.state == AccountState.LOCKED
            and account.lock_reason in CARD_REASONS
            and has_card
        ):
            move(
                account,
                states.ACCOUNT,
                to=AccountState.ACTIVE,
                event=events.AccountUnlocked(reason="new_card"),
                actor=self.actor,
                subject_id=citizen.pk,
                now=self.now,
                lock_reason="",
                locked_at=None,
            )
            owner_locks.put_back(account, now=self.now)
        if is_new_card:
            refreshed = events.AccountRefreshed(level=account.level or level, by=self.by)
            self._record(refreshed, citizen, account)
            self.told.append((account, NoticeKind.ACCOUNT_REFRESHED))
        return account, CardEventOutcome.REFRESHED

    def _record(self, event: Event, citizen: Citizen, target: Any) -> None:
        row = audit.prepare(
            event,
            actor=self.actor,
            subject_id=citizen.pk,
            target=target,
            purpose=self.by,
            now=self.now,
        )
        self.events.append(row)

    def _write(self) -> None:
        bulk.insert(self.new_citizens)
        for state in {card.state for card in self.replaced}:
            rows = [card for card in self.replaced if card.state == state]
            move_many(
                rows,
                states.CARD,
                to=CardState.REPLACED,
                event=events.CardReplaced(),
                actor=self.actor,
                subject_ids=[card.citizen_id for card in rows],
                purpose=self.by,
                now=self.now,
            )
        bulk.insert(self.new_cards)
        bulk.insert(self.new_accounts)
        if self.new_levels:
            Account.objects.bulk_update(self.new_levels, ["level"], batch_size=1000)
        audit.record_many(self.events)
        self._bind_phones()
        self._tell()

    def _bind_phones(self) -> None:
        if not self.phones:
            return
        mine = [account.pk for account, _phone in self.phones]
        sms = AuthenticatorKind.SMS
        # What could still be brought back could no longer: the holder stood before us with another phone.
        for state in (AuthenticatorState.ACTIVE, AuthenticatorState.REPLACED):
            older = list(
                Authenticator.objects.filter(
                    account_id__in=mine, kind=sms, state=state
                ).select_related("account")
            )
            move_many(
                older,
                states.AUTHENTICATOR,
                to=AuthenticatorState.REMOVED,
                event=events.AuthenticatorRemoved(kind=sms),
                actor=self.actor,
                subject_ids=[row.account.citizen_id for row in older],
                now=self.now,
                ended_at=self.now,
            )
        for account, _phone in self.phones:
            if account.state != AccountState.ISSUED or account.pk in self.phone_on_record:
                _tell_of_phone(account, now=self.now)
        rows = [
            Authenticator(
                state=AuthenticatorState.PENDING,
                account=account,
                account_kind=AccountKind.CITIZEN,
                kind=sms,
                secret=phone,
                phone_index=phone_index(phone),
                # Of an account in use it counts for money and recovery a day later, like any that was changed.
                trusted_from=None
                if account.state == AccountState.ISSUED
                else self.now + policy.REVERT_WITHIN,
                created_at=self.now,
            )
            for account, phone in self.phones
        ]
        bulk.insert(rows)
        move_many(
            rows,
            states.AUTHENTICATOR,
            to=AuthenticatorState.ACTIVE,
            event=events.AuthenticatorBound(kind=sms),
            actor=self.actor,
            subject_ids=[account.citizen_id for account, _phone in self.phones],
            now=self.now,
            bound_at=self.now,
        )

    def _tell(self) -> None:
        bulk.insert(
            [
                Notice(
                    id=ids.uuid7(),
                    state=NoticeState.SENT,
                    account=account,
                    citizen_id=account.citizen_id,
                    channel=NoticeChannel.INBOX,
                    kind=kind,
                    text=_words(account, kind),
                    version=texts.newest(kind)[0],
                    values={},
                    language=account.language,
                    created_at=self.now,
                    sent_at=self.now,
                )
                for account, kind in self.told
            ]
        )


def _words(account: Account, kind: NoticeKind) -> str:
    with translation.override(account.language):
        return texts.words(kind, texts.newest(kind)[0], {})


def _tell_of_phone(account: Account, *, now: datetime) -> None:
    """In the inbox, and on the phone that was on record: whoever still has it may be the holder."""
    before = (
        Authenticator.objects.filter(account=account, kind=AuthenticatorKind.SMS)
        .exclude(state=AuthenticatorState.PENDING)
        .order_by("-ended_at")
        .first()
    )
    values = {"helpline": settings.HELPLINE}
    notices.tell(
        account=account,
        kind=NoticeKind.PHONE_CHANGED,
        channels=(NoticeChannel.INBOX, NoticeChannel.EMAIL),
        values=values,
        now=now,
    )
    if before is not None:
        notices.tell_at(
            account=account,
            kind=NoticeKind.PHONE_CHANGED,
            channel=NoticeChannel.SMS,
            to=before.secret,
            values=values,
            now=now,
        )


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(str(part) for part in value.values())
    return str(value)
