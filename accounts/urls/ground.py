"""Addresses of signing in, activation, the counter and the first page."""

from django.urls import path

from accounts.views import activating, approvals, counter, home, signing_in

urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    # --- signing in
    path("sign-in/", signing_in.SignIn.as_view(), name="sign_in"),
    path("sign-in/code/", signing_in.SecondStep.as_view(), name="second_step"),
    path("sign-in/again/", signing_in.SignInAgain.as_view(), name="sign_in_again"),
    path("sign-out/", signing_in.SignOut.as_view(), name="sign_out"),
    path("counter/sign-in/", signing_in.OfficerSignIn.as_view(), name="officer_sign_in"),
    # --- activation
    path("activate/", activating.Activate.as_view(), name="activate"),
    path("activate/code/", activating.ActivationCode.as_view(), name="activate_code"),
    path("activate/password/", activating.ActivationPassword.as_view(), name="activate_password"),
    path("activate/factor/", activating.ActivationFactor.as_view(), name="activate_factor"),
    path(
        "activate/recovery-codes/",
        activating.ActivationRecoveryCodes.as_view(),
        name="activate_recovery_codes",
    ),
    path("activate/waiting/", activating.ActivationWaiting.as_view(), name="activate_waiting"),
    # --- the counter
    path("counter/", counter.Counter.as_view(), name="counter"),
    path("counter/cases/<str:public_id>/", counter.Case.as_view(), name="case"),
    path(
        "counter/cases/<str:public_id>/register/",
        counter.AskRegister.as_view(),
        name="ask_register",
    ),
    path(
        "counter/cases/<str:public_id>/phone/",
        counter.SendPhoneCode.as_view(),
        name="send_phone_code",
    ),
    path(
        "counter/cases/<str:public_id>/phone/code/",
        counter.ConfirmPhone.as_view(),
        name="confirm_phone",
    ),
    path(
        "counter/cases/<str:public_id>/phone/change/",
        counter.ChangePhone.as_view(),
        name="change_phone",
    ),
    path(
        "counter/cases/<str:public_id>/issue/", counter.IssueAccount.as_view(), name="issue_account"
    ),
    path("counter/cases/<str:public_id>/slip/", counter.PrintSlip.as_view(), name="print_slip"),
    path("counter/cases/<str:public_id>/leave/", counter.LeaveCase.as_view(), name="leave_case"),
    path("counter/cases/<str:public_id>/chip/", counter.ReadChip.as_view(), name="read_chip"),
    path("counter/cases/<str:public_id>/chip/face/", counter.ChipFace.as_view(), name="chip_face"),
    path("counter/cases/<str:public_id>/photo/", counter.CasePhoto.as_view(), name="case_photo"),
    path("counter/approvals/", approvals.Approvals.as_view(), name="approvals"),
    path("counter/approvals/<str:public_id>/", approvals.Decide.as_view(), name="decide"),
]
