"""Addresses of signed copies and printed cards; they come before those of one paper."""

from django.urls import path

from documents.urls.wallet import WARD
from documents.views import cards, copies
from eid_portal.core import certificates

urlpatterns = [
    path("papers/copies/", copies.MyCopies.as_view(), name="my_copies"),
    path(f"{WARD}copies/", copies.MyCopies.as_view(), name="ward_copies"),
    path("papers/copies/<str:public_id>/", copies.Copy.as_view(), name="copy"),
    path("papers/copies/<str:public_id>/pdf/", copies.FetchCopy.as_view(), name="fetch_copy"),
    path("papers/copies/<str:public_id>/revoke/", copies.RevokeCopy.as_view(), name="revoke_copy"),
    path("papers/<str:public_id>/copies/", copies.Copies.as_view(), name="copies"),
    path("papers/<str:public_id>/card/", cards.NewCard.as_view(), name="new_card"),
    path("papers/cards/<str:public_id>/", cards.Card.as_view(), name="card"),
    path("papers/cards/<str:public_id>/pdf/", cards.FetchCard.as_view(), name="fetch_card"),
    path("papers/cards/<str:public_id>/revoke/", cards.RevokeCard.as_view(), name="revoke_card"),
    # --- for those who check
    path("verify/cards/", cards.Offline.as_view(), name="verify_offline"),
    path(
        "verify/cards/verify_card.py",
        cards.Verifier.as_view(name="verify_card.py", media_type="text/x-python"),
        name="verifier_script",
    ),
    path(
        "verify/cards/verify_card.html",
        cards.Verifier.as_view(name="verify_card.html", media_type="text/html; charset=utf-8"),
        name="verifier_page",
    ),
    path(".well-known/eid/card-keys.json", cards.CardKeys.as_view(), name="card_keys"),
    path(".well-known/eid/revoked-cards.jws", cards.RevokedCards.as_view(), name="revoked_cards"),
    path(
        ".well-known/eid/document-ca.pem",
        copies.Certificates.as_view(purpose=certificates.AUTHORITY),
        name="document_ca",
    ),
    path(
        ".well-known/eid/document-signing.pem",
        copies.Certificates.as_view(purpose=certificates.SIGNER),
        name="document_signing",
    ),
]
