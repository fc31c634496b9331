"""A copy is shared for a purpose, until a day, for so many views; each view is read about by its holder."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.selectors import data_log
from documents.models import Share, ShareView
from eid_portal.core import clock
from tests import factories
from tests.documents.showing import looks, make_holder, make_licence, phone, press_of, reader

pytestmark = pytest.mark.django_db
SHARE = "/papers/id-card/share/"
PURPOSE = "Công ty Vận tải Mẫu, hồ sơ xin việc"


@pytest.fixture
def holder() -> Any:
    return make_holder()


def share(client: Client, address: str = SHARE, **values: Any) -> Share:
    page = client.get(address)
    assert page.status_code == 200, page.content.decode()
    posted = {
        "purpose": PURPOSE, "level": "BASIC", "days": "7", "views": "3",
        "press": press_of(page.content.decode()),
    }  # fmt: skip
    answer = client.post(address, posted | values)
    assert answer.status_code == 303, answer.content.decode()
    return Share.objects.get(public_id=answer["Location"].split("/")[3])


def link_of(row: Share) -> str:
    return f"/verify/{row.token}/"


def open_share(row: Share, client: Client | None = None) -> str:
    someone = client or reader()
    page = someone.get(link_of(row)).content.decode()
    if 'name="press"' not in page:
        return page
    return someone.post(link_of(row), {"press": press_of(page)}).content.decode()


def test_a_shared_copy_is_seen_with_its_purpose_and_its_holder_reads_each_view(holder: Any) -> None:
    mine = phone(holder)
    row = share(mine)

    html = open_share(row)

    assert "ID card: genuine and valid" in html
    assert holder.citizen.full_name.upper() in html
    assert PURPOSE in html
    assert "view <span" in html
    assert "1/3" in html
    made, viewed = looks(holder, "documents.share_made"), looks(holder, "documents.share_viewed")
    assert made[0].data == {"kind": "ID_CARD", "level": "BASIC", "views_allowed": 3}
    assert viewed[0].data["device"] == "Chrome, Android"
    entry = data_log.find_entry(
        citizen_id=holder.citizen_id, event_id=viewed[0].pk, now=clock.now()
    )
    assert entry is not None
    assert entry.told == (("Dùng để làm gì", PURPOSE),) or PURPOSE in entry.text
    page = mine.get(f"/papers/shared/{row.public_id}/").content.decode()
    assert "Chrome, Android" in page
    assert "2/3" in page
    assert PURPOSE in page


def test_the_first_page_of_a_link_does_not_say_for_whom_it_was_shared(holder: Any) -> None:
    html = reader().get(link_of(share(phone(holder)))).content.decode()
    assert "A copy was shared with you: ID card." in html
    assert PURPOSE not in html
    assert holder.citizen.full_name.upper() not in html
    assert ShareView.objects.count() == 0


def test_only_so_many_views_are_given(holder: Any) -> None:
    row = share(phone(holder), views="1")
    assert "genuine and valid" in open_share(row)
    for html in (open_share(row), reader().post(link_of(row)).content.decode()):
        assert "All views were used" in html
        assert holder.citizen.full_name.upper() not in html
    assert len(looks(holder, "documents.share_viewed")) == 1


def test_a_press_sent_twice_is_one_view_also_when_it_was_the_last(holder: Any) -> None:
    row, someone = share(phone(holder), views="1"), reader()
    press = press_of(someone.get(link_of(row)).content.decode())
    for _time in range(2):
        html = someone.post(link_of(row), {"press": press}).content.decode()
        assert "genuine and valid" in html
    row.refresh_from_db()
    assert row.views_used == 1
    assert ShareView.objects.count() == 1


def test_a_share_ends_with_its_day(holder: Any) -> None:
    row = share(phone(holder), days="1")
    last = row.ends_at - timedelta(seconds=1)
    assert f"{last.astimezone(clock.VIET_NAM):%H:%M:%S}" == "23:59:59"
    assert clock.today(last) == clock.today() + timedelta(days=1)
    with clock.frozen(last):
        assert "genuine and valid" in open_share(row)
    with clock.frozen(row.ends_at):
        assert "This share has ended" in open_share(row)


def test_a_share_is_closed_at_once_and_stays_so(holder: Any) -> None:
    mine = phone(holder)
    row = share(mine)
    for _time in range(2):
        answer = mine.post(f"/papers/shared/{row.public_id}/revoke/")
        assert answer.status_code == 303
    html = open_share(row)
    assert "No longer shared" in html
    assert "Its holder closed this share." in html
    assert "No longer shared" in reader().post(link_of(row)).content.decode()
    assert len(looks(holder, "documents.share_revoked")) == 1
    page = mine.get(f"/papers/shared/{row.public_id}/").content.decode()
    assert "This share is over" in page
    assert "Close this share" not in page
    assert mine.get(f"/papers/shared/{row.public_id}/revoke/").status_code == 303


def test_a_share_can_be_closed_whatever_became_of_the_paper(holder: Any) -> None:
    mine, paper = phone(holder), make_licence(holder)
    row = share(mine, f"/papers/{paper.public_id}/share/")
    type(paper).objects.filter(pk=paper.pk).update(state="REVOKED")

    assert "Nothing can be shown now" in open_share(row)
    assert mine.get(f"/papers/shared/{row.public_id}/").status_code == 200
    assert mine.post(f"/papers/shared/{row.public_id}/revoke/").status_code == 303

    row.refresh_from_db()
    assert row.revoked_at is not None
    assert row.views_used == 0
    assert looks(holder, "documents.share_revoked")[0].data == {"kind": "DRIVER_LICENCE"}


def test_a_share_of_a_paper_that_left_the_wallet_is_over_and_has_a_way_on(holder: Any) -> None:
    mine, licence = phone(holder), make_licence(holder)
    row = share(mine, f"/papers/{licence.public_id}/share/")
    mine.post(f"/papers/{licence.public_id}/unlink/")

    page = mine.get(f"/papers/shared/{row.public_id}/").content.decode()

    assert "genuine and valid" not in open_share(row)
    assert "This share is over" in page
    assert f"/papers/{licence.public_id}/share/" not in page
    assert 'href="/papers/add/"' in page


def test_a_button_pressed_twice_makes_one_share(holder: Any) -> None:
    mine = phone(holder)
    first = share(mine, press="the-same")
    second = share(mine, press="the-same")
    assert first.pk == second.pk
    assert Share.objects.count() == 1
    assert len(looks(holder, "documents.share_made")) == 1


def test_two_people_whose_presses_have_one_name_share_each_their_own(holder: Any) -> None:
    first = share(phone(holder), press="1")
    second = share(phone(make_holder(16)), press="1")
    assert first.citizen_id != second.citizen_id


def test_a_form_that_is_gone_back_to_and_changed_is_another_share(holder: Any) -> None:
    mine = phone(holder)
    first = share(mine, press="the-same")
    changed = share(mine, press="the-same", level="MINIMUM")
    with clock.frozen(clock.now() + timedelta(seconds=11)):
        later = share(mine, press="the-same")
    assert len({first.pk, changed.pk, later.pk}) == 3


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("purpose", "", "Say for whom the copy is, and what for"),
        ("purpose", "việc", "Say for whom the copy is, and what for"),
        ("level", "ALL", "ALL"),
        ("days", "365", "365"),
        ("days", "", "Choose until when it can be seen"),
        ("views", "1000000", "1000000"),
        ("views", "-1", "-1"),
    ],
)
def test_what_is_missing_or_not_offered_is_refused(
    holder: Any, field: str, value: str, words: str
) -> None:
    mine = phone(holder)
    posted = {"purpose": PURPOSE, "level": "BASIC", "days": "7", "views": "3", "press": "p"}
    answer = mine.post(SHARE, posted | {field: value})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Share.objects.count() == 0


def test_sharing_needs_a_fresh_proof(holder: Any) -> None:
    mine = phone(holder)
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        for answer in (mine.get(SHARE), mine.post(SHARE, {"purpose": PURPOSE})):
            assert answer.status_code == 303
            assert answer["Location"].startswith("/sign-in/again/?")
            assert "for=share" in answer["Location"]
    assert Share.objects.count() == 0


def test_somebody_elses_share_is_none_at_all(holder: Any) -> None:
    row = share(phone(holder))
    other = phone(make_holder(16))
    for address in (f"/papers/shared/{row.public_id}/", "/papers/shared/nothing/"):
        assert other.get(address).status_code == 404
        assert other.post(f"{address}revoke/").status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None


def test_shares_of_a_paper_are_listed_with_how_they_stand(holder: Any) -> None:
    mine = phone(holder)
    first = share(mine, views="1")
    open_share(first)
    share(mine, purpose="Cửa hàng thuê xe Mẫu")
    html = mine.get(SHARE).content.decode()
    assert "All views used" in html
    assert "Cửa hàng thuê xe Mẫu" in html
    assert PURPOSE in mine.get(f"/papers/shared/{Share.objects.latest('pk').public_id}/").content.decode()  # fmt: skip


def test_a_purpose_is_kept_sealed_and_drawn_escaped(holder: Any) -> None:
    row = share(phone(holder), purpose="<b>Công ty</b> Mẫu")
    html = open_share(row)
    assert "&lt;b&gt;Công ty&lt;/b&gt; Mẫu" in html
    assert "<b>Công ty</b>" not in html


def test_who_closed_the_account_shares_nothing_any_more(holder: Any) -> None:
    row = share(phone(holder))
    type(holder).objects.filter(pk=holder.pk).update(state="CLOSED", closed_at=clock.now())
    assert "Nothing can be shown now" in open_share(row)


# --- For a child ----------------------------------------------------------------------------------
@pytest.fixture
def child(holder: Any) -> Any:
    from accounts.models import Guardianship

    born = clock.today() - timedelta(days=8 * 365)
    number = f"0013{born.year % 100:02d}000017"
    ward = factories.make_citizen(17, personal_number=number, birth_date=born)
    Guardianship.objects.create(
        state="ACTIVE", until_age=14, ward=ward, guardian=holder.citizen, basis="PARENT",
        claimed_at=clock.now(), confirmed_at=clock.now(),
    )  # fmt: skip
    return ward


def test_a_guardian_shares_a_childs_paper_while_the_guardianship_lasts(
    holder: Any, child: Any
) -> None:
    from accounts.models import Guardianship

    mine, paper = phone(holder), make_licence(holder, citizen=child)
    row = share(mine, f"/papers/{paper.public_id}/share/")
    assert row.citizen_id == child.pk
    assert "genuine and valid" in open_share(row)

    Guardianship.objects.update(state="ENDED", ended_at=clock.now(), end_reason="DECISION")

    assert "Nothing can be shown now" in open_share(row)
    assert mine.get(f"/papers/{paper.public_id}/share/").status_code == 404
    assert mine.get(f"/papers/shared/{row.public_id}/").status_code == 404
    assert mine.post(f"/papers/shared/{row.public_id}/revoke/").status_code == 404
    assert re.search("share_viewed", looks_of(child.pk))


def looks_of(citizen_id: Any) -> str:
    from eid_portal.core.models import AuditEvent

    rows = AuditEvent.objects.filter(subject_id=citizen_id, shown=True)
    return " ".join(rows.values_list("name", flat=True))
