"""Addresses of the JSON API of procedures."""

from django.urls import path

from procedures.api import applications, catalogue, drafts, files

DRAFT = "drafts/<str:public_id>"
urlpatterns = [
    path("procedures", catalogue.Procedures.as_view()),
    path("procedures/<slug:code>", catalogue.Procedure.as_view()),
    path("procedures/<slug:code>/document", catalogue.ProcedureDocument.as_view()),
    path("procedures/<slug:code>/drafts", drafts.Begin.as_view()),
    path("drafts", drafts.Drafts.as_view()),
    path(DRAFT, drafts.Draft.as_view()),
    path(f"{DRAFT}/pages/<slug:code>", drafts.DraftPage.as_view()),
    path(f"{DRAFT}/files", files.DraftFiles.as_view()),
    path(f"{DRAFT}/files/discard", files.DiscardFile.as_view()),
    path(f"{DRAFT}/discard", drafts.DiscardDraft.as_view()),
    path(f"{DRAFT}/submit", drafts.Submit.as_view()),
    path("applications", applications.Applications.as_view()),
    path("applications/<str:public_id>", applications.Application.as_view()),
    path("applications/<str:public_id>/messages", applications.Messages.as_view()),
    path("applications/<str:public_id>/withdraw", applications.WithdrawApplication.as_view()),
]
