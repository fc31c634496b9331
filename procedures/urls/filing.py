"""Addresses of filing: from the button of a procedure to what was filed."""

from django.urls import path

from procedures.views import applications, corrections, filing, steps

DRAFT = "drafts/<str:public_id>/"
APPLICATION = "applications/<str:public_id>/"
STEP = f"{DRAFT}steps/<slug:step>/"
urlpatterns = [
    path("procedures/<slug:code>/start/", filing.Start.as_view(), name="start"),
    path("drafts/", filing.Drafts.as_view(), name="drafts"),
    path(DRAFT, filing.Draft.as_view(), name="draft"),
    path(f"{DRAFT}check/", filing.Check.as_view(), name="check"),
    path(f"{DRAFT}discard/", filing.Discard.as_view(), name="discard"),
    path(STEP, steps.StepView.as_view(), name="step"),
    path(f"{STEP}autosave/", steps.Autosave.as_view(), name="autosave"),
    path("applications/", applications.Applications.as_view(), name="applications"),
    path(APPLICATION, applications.Application.as_view(), name="application"),
    path(f"{APPLICATION}filed/", applications.Filed.as_view(), name="filed"),
    path(f"{APPLICATION}pay/", applications.PayFee.as_view(), name="pay_fee"),
    path(f"{APPLICATION}messages/", applications.Write.as_view(), name="write"),
    path(f"{APPLICATION}remind/", applications.Remind.as_view(), name="remind"),
    path(f"{APPLICATION}withdraw/", applications.Withdraw.as_view(), name="withdraw"),
    path("corrections/<str:public_id>/", corrections.Correction.as_view(), name="correction"),
]
