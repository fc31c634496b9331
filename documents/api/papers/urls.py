"""Addresses of operations about papers. Names of one word come before the ids of papers, which are longer."""

from typing import Final

from django.urls import path

from documents.api.papers import calendar, copies, corrections, linking, showing, wallet

urlpatterns: Final = [
    path("papers", wallet.Wallet.as_view()),
    path("papers/left", wallet.LeftPapers.as_view()),
    path("papers/photo", wallet.Photo.as_view()),
    # --- finding and linking
    path("papers/sources", linking.Sources.as_view()),
    path("papers/searches", linking.Searches.as_view()),
    path("papers/searches/<str:public_id>", linking.Search.as_view()),
    path("papers/searches/<str:public_id>/link", linking.LinkFound.as_view()),
    path("papers/link", linking.LinkByNumber.as_view()),
    # --- the calendar
    path("papers/calendar", calendar.Calendar.as_view()),
    path("papers/calendar/renew", calendar.RenewCalendar.as_view()),
    path("papers/calendar/stop", calendar.StopCalendar.as_view()),
    # --- corrections
    path("papers/corrections", corrections.Corrections.as_view()),
    path("papers/corrections/<str:public_id>", corrections.Correction.as_view()),
    path("papers/corrections/<str:public_id>/withdraw", corrections.WithdrawCorrection.as_view()),
    # --- what was shared
    path("papers/shares/<str:public_id>", showing.OpenShare.as_view()),
    path("papers/shares/<str:public_id>/revoke", showing.RevokeShare.as_view()),
    # --- what was made
    path("papers/copies", copies.Made.as_view()),
    path("papers/copies/<str:public_id>/file", copies.CopyFile.as_view()),
    path("papers/copies/<str:public_id>/revoke", copies.RevokeCopy.as_view()),
    path("papers/cards/<str:public_id>/file", copies.CardFile.as_view()),
    path("papers/cards/<str:public_id>/revoke", copies.RevokeCard.as_view()),
    # --- one paper
    path("papers/<str:public_id>", wallet.Paper.as_view()),
    path("papers/<str:public_id>/check", linking.CheckNow.as_view()),
    path("papers/<str:public_id>/unlink", linking.Unlink.as_view()),
    path("papers/<str:public_id>/corrections", corrections.OfPaper.as_view()),
    path("papers/<str:public_id>/levels", showing.Levels.as_view()),
    path("papers/<str:public_id>/codes", showing.Codes.as_view()),
    path("papers/<str:public_id>/shares", showing.Shares.as_view()),
    path("papers/<str:public_id>/copies", copies.MakeCopy.as_view()),
    path("papers/<str:public_id>/cards", copies.MakeCard.as_view()),
]
