"""Addresses of recovering an account."""

from django.urls import path

from accounts.views import recovery

urlpatterns = [
    path("recover/", recovery.Recover.as_view(), name="recover"),
    path("recover/counters/", recovery.Counters.as_view(), name="recover_counters"),
    path("recover/with-code/", recovery.BeginWithCode.as_view(), name="recover_with_code"),
    path("recover/with-wait/", recovery.BeginWithWait.as_view(), name="recover_with_wait"),
    path("recover/return/", recovery.ComeBack.as_view(), name="recover_return"),
    path("recover/code/", recovery.GiveCode.as_view(), name="recover_code"),
    path("recover/proof/", recovery.GiveProof.as_view(), name="recover_proof"),
    path(
        "recover/passkey-options/",
        recovery.PasskeyOptions.as_view(),
        name="recover_passkey_options",
    ),
    path("recover/waiting/", recovery.Wait.as_view(), name="recover_waiting"),
    path("recover/password/", recovery.NewPassword.as_view(), name="recover_password"),
    path("activate/routes/", recovery.ActivationRoutes.as_view(), name="activate_routes"),
    path("activate/try/", recovery.ActivationTry.as_view(), name="activate_try"),
    path("account/security/recovery/", recovery.Ways.as_view(), name="ways_of_recovery"),
    path("account/security/check/", recovery.CheckRoutes.as_view(), name="check_routes"),
]
