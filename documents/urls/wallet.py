"""Addresses of the wallet: one's own, and a ward's."""

from django.urls import path

from documents.views import linking, wallet, ward_consents

WARD = "account/wards/<str:public_id>/papers/"
urlpatterns = [
    path("papers/", wallet.Wallet.as_view(), name="wallet"),
    path("papers/progress/", wallet.WalletProgress.as_view(), name="wallet_progress"),
    path("papers/left/", wallet.LeftPapers.as_view(), name="left_papers"),
    path("papers/photo/", wallet.Photo.as_view(), name="photo"),
    path(WARD, wallet.Wallet.as_view(), name="ward_wallet"),
    path(f"{WARD}progress/", wallet.WalletProgress.as_view(), name="ward_wallet_progress"),
    path(f"{WARD}left/", wallet.LeftPapers.as_view(), name="ward_left_papers"),
    path(f"{WARD}photo/", wallet.Photo.as_view(), name="ward_photo"),
    path(f"{WARD}consents/", ward_consents.WardConsents.as_view(), name="ward_consents"),
    path("papers/add/", linking.AddPaper.as_view(), name="add_paper"),
    path(f"{WARD}add/", linking.AddPaper.as_view(), name="ward_add_paper"),
    path("papers/number/", linking.LinkByNumber.as_view(), name="link_by_number"),
    path(f"{WARD}number/", linking.LinkByNumber.as_view(), name="ward_link_by_number"),
    path("papers/searches/<str:public_id>/", linking.FoundPapers.as_view(), name="found_papers"),
    path(
        "papers/searches/<str:public_id>/progress/",
        linking.FoundPapersProgress.as_view(),
        name="found_papers_progress",
    ),
    path("papers/searches/<str:public_id>/link/", linking.LinkFound.as_view(), name="link_found"),
    path("papers/<str:public_id>/", wallet.Paper.as_view(), name="paper"),
    path("papers/<str:public_id>/progress/", wallet.PaperProgress.as_view(), name="paper_progress"),
    path("papers/<str:public_id>/check/", linking.CheckNow.as_view(), name="check_paper"),
    path("papers/<str:public_id>/unlink/", linking.Unlink.as_view(), name="unlink_paper"),
]
