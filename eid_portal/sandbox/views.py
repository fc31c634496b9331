"""The pages for people who try the demonstration."""

import base64
import io
import re
import zipfile
from pathlib import Path
from typing import Final

from eid_portal.sandbox import (
    card_production,
    chips,
    data,
    delivery,
    email,
    papers,
    photo,
    population,
    registry_pages,
    sms,
)
from eid_portal.sandbox.money import accounts, written
from eid_portal.sandbox.store import SentMail, SentMessage
from eid_portal.sandbox.web import Answer, Refuse, Request, document, page
from eid_portal.sandbox.world import World

_STYLE: Final = Path(__file__).parent / "style.css"


def home(world: World, _request: Request) -> Answer:
    """What there is to try."""
    return page(
        "home.html",
        portal=world.settings.portal_url,
        outcomes=data.BY_LAST_TWO_DIGITS,
        phones=sms.OUTCOMES,
        mailboxes=email.OUTCOMES,
        papers=papers.BY_LAST_TWO_DIGITS,
    )


def people(_world: World, _request: Request) -> Answer:
    """The made-up people and what their cards carry."""
    return page("people.html", people=data.PEOPLE.values())


def people_as_json(world: World, _request: Request) -> Answer:
    """The same for programs."""
    return document(
        {
            "people": [
                {
                    "personal_number": person.number,
                    "full_name": person.name,
                    "birth_date": person.born.isoformat(),
                    "sex": person.sex,
                    "phone": person.phone,
                    "qr": person.qr,
                    "mrz": list(person.mrz),
                    "card_expires_on": person.expires.isoformat() if person.expires else None,
                    "outcome": person.outcome.value,
                    "note": person.note,
                    "papers": registry_pages.papers_to_try(world, person),
                    "bank_accounts": accounts.to_try(person),
                }
                for person in data.PEOPLE.values()
            ],
            "registries": registry_pages.registries_as_json(),
            "bills": written.to_try(),
        }
    )


def card(world: World, request: Request) -> Answer:
    """The card of any made-up number."""
    number = request.fields().get("number", "").strip()
    person = data.find(number, today=world.today)
    portrait = base64.b64encode(photo.png(number)).decode() if person else ""
    return page(
        "card.html",
        status=200 if person else 404,
        number=number,
        person=person,
        photo=portrait,
        outcomes=chips.OUTCOMES,
        events=population.EVENTS,
    )


def population_event(world: World, request: Request) -> Answer:
    """Let the population register tell the portal what happened to a made-up person."""
    request.refuse_other_sites()
    fields = request.fields()
    person = data.find(fields.get("number", "").strip(), today=world.today)
    kind = fields.get("kind", "")
    if person is None or kind not in population.EVENTS:
        raise Refuse(422, "no_such_event")
    sent = population.tell(world, person, kind)
    return page("population_sent.html", person=person, kind=kind, sent=sent)


def chip(world: World, request: Request) -> Answer:
    """The three files of a card's chip as a reader would save them, in one archive."""
    fields = request.fields()
    person = data.find(fields.get("number", "").strip(), today=world.today)
    if person is None:
        raise Refuse(404, "no_such_person")
    state = chips.load(world.settings.store.parent, now=world.now())
    files = chips.card_files(state, "".join(person.mrz), fields.get("outcome", ""), now=world.now())
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in ("dg1", "dg2", "sod"):
            archive.writestr(f"{name}.bin", getattr(files, name))
    headers = {
        "content-type": "application/zip",
        "content-disposition": 'attachment; filename="chip.zip"',
        "cache-control": "no-store",
    }
    return Answer(200, held.getvalue(), headers)


def phones(world: World, _request: Request) -> Answer:
    """The phones that got messages."""
    return page("phones.html", phones=world.store.phones())


def phone(world: World, request: Request, number: str) -> Answer:
    """The messages on one phone; ``?watch`` loads it again every five seconds."""
    number = _e164(number)
    return page(
        "phone.html",
        number=number,
        messages=_on_phone(world, number),
        watch="watch" in request.arguments(),
    )


def change_sim(world: World, request: Request, number: str) -> Answer:
    """Tell the portal that the SIM of this phone was changed."""
    request.refuse_other_sites()
    number = _e164(number)
    return page("sim_sent.html", number=number, sent=sms.tell_sim_changed(world, number))


def messages(world: World, _request: Request, number: str) -> Answer:
    """The newest messages on one phone, the newest first, for programs."""
    return document(
        {
            "messages": [
                {
                    "message_id": message.message_id,
                    "to": message.phone,
                    "text": message.text,
                    "purpose": message.purpose,
                    "received_at": message.received_at,
                }
                for message in _on_phone(world, _e164(number))
            ]
        }
    )


def mailboxes(world: World, _request: Request) -> Answer:
    """The addresses that got e-mails."""
    return page("mailboxes.html", mailboxes=world.store.mailboxes())


def mailbox(world: World, request: Request, address: str) -> Answer:
    """The e-mails of one address; ``?watch`` loads it again every five seconds."""
    return page(
        "mailbox.html",
        address=address.lower(),
        mails=_in_mailbox(world, address.lower()),
        watch="watch" in request.arguments(),
    )


def mails(world: World, _request: Request, address: str) -> Answer:
    """The newest e-mails of one address, the newest first, for programs."""
    return document(
        {
            "messages": [
                {
                    "message_id": mail.message_id,
                    "to": mail.address,
                    "subject": mail.subject,
                    "text": mail.text,
                    "purpose": mail.purpose,
                    "received_at": mail.received_at,
                }
                for mail in _in_mailbox(world, address.lower())
            ]
        }
    )


def anchors(world: World, _request: Request) -> Answer:
    """The block hashes the time-stamp service holds."""
    return page("anchors.html", anchors=world.store.anchors())


def agency_reports(world: World, _request: Request) -> Answer:
    """What the agency's own system was told."""
    return page("agency.html", reports=world.store.reports())


def cards_form(_world: World, _request: Request) -> Answer:
    """Where cards are granted from."""
    return _cards_page()


def send_cards(world: World, request: Request) -> Answer:
    """Make up card events and send them to the portal."""
    request.refuse_other_sites()
    fields = request.fields()
    kind, number, wanted = (
        fields.get("kind", ""),
        fields.get("number", "").strip(),
        fields.get("count", ""),
    )
    if kind not in card_production.KINDS:
        return _cards_page("Choose what happened to the card.", status=422)
    if number:
        person = data.find(number, today=world.today)
        if person is None:
            return _cards_page(
                "Type a made-up number: its last six digits are 000000 to 000099.", status=422
            )
        events = [card_production.event(world, person, kind, phone=person.phone)]
    elif (
        re.fullmatch(r"\d{1,4}", wanted, re.ASCII)
        and 0 < int(wanted) <= card_production.LARGEST_BATCH
    ):
        events = card_production.grants(world, int(wanted))
    else:
        return _cards_page(
            "Type how many people, from 1 to 1000, or one personal number.", status=422
        )
    sent = card_production.send(world, events)
    return page("cards_sent.html", events=events, sent=sent)


def style(_world: World, _request: Request) -> Answer:
    """The stylesheet."""
    return Answer(
        200,
        _STYLE.read_bytes(),
        {"content-type": "text/css; charset=utf-8", "cache-control": "max-age=60"},
    )


def healthy(world: World, _request: Request) -> Answer:
    """Whether the store answers."""
    world.store.find_anchor(0)
    return document({"status": "ok"})


def _cards_page(error: str = "", *, status: int = 200) -> Answer:
    return page("cards.html", status=status, error=error, kinds=card_production.KINDS)


def _on_phone(world: World, number: str) -> list[SentMessage]:
    course, now = sms.course(number), world.now()
    return [
        message
        for message in world.store.messages(number)
        if delivery.has_arrived(course, message.received_at, now)
    ]


def _in_mailbox(world: World, address: str) -> list[SentMail]:
    course, now = email.course(address), world.now()
    return [
        mail
        for mail in world.store.mails(address)
        if delivery.has_arrived(course, mail.received_at, now)
    ]


def _e164(number: str) -> str:
    """+84 and the rest, also from 0…, 84… or a plus that became a blank."""
    digits = number.strip().lstrip("+")
    if digits.startswith("0"):
        digits = "84" + digits[1:]
    return "+" + digits
