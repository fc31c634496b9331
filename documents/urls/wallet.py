"""Addresses of the wallet: one's own, and a ward's."""

from django.urls import path

from documents.views import wallet

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
    path("papers/<str:public_id>/", wallet.Paper.as_view(), name="paper"),
    path("papers/<str:public_id>/progress/", wallet.PaperProgress.as_view(), name="paper_progress"),
]
