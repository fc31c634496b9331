"""Addresses of the ways to sign in, and of phone and e-mail address."""

from django.urls import path

from accounts.views import adding_app, security

urlpatterns = [
    path("account/security/", security.Security.as_view(), name="security"),
    path("account/security/password/", security.ChangePassword.as_view(), name="change_password"),
    path("account/security/app/add/", adding_app.AddApp.as_view(), name="add_app"),
    path("account/security/name/", security.NameWay.as_view(), name="name_way"),
    path("account/security/remove/", security.RemoveWay.as_view(), name="remove_way"),
    path(
        "account/security/recovery-codes/",
        security.NewRecoveryCodes.as_view(),
        name="new_recovery_codes",
    ),
    path("account/security/phone/", security.ChangePhone.as_view(), name="change_own_phone"),
    path("account/security/email/", security.ChangeEmail.as_view(), name="change_email"),
    path("account/security/take-back/", security.TakeBack.as_view(), name="take_back"),
]
