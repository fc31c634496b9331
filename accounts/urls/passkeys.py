"""Addresses of passkeys: what scripts ask for and post."""

from django.urls import path

from accounts.views import passkeys

urlpatterns = [
    path("sign-in/passkey/options/", passkeys.SignInOptions.as_view(), name="passkey_options"),
    path("sign-in/passkey/", passkeys.PasskeySignIn.as_view(), name="passkey_sign_in"),
    path(
        "counter/sign-in/passkey/",
        passkeys.OfficerPasskeySignIn.as_view(),
        name="officer_passkey_sign_in",
    ),
    path(
        "sign-in/again/passkey/options/",
        passkeys.AgainOptions.as_view(),
        name="passkey_again_options",
    ),
    path(
        "account/security/passkeys/options/",
        passkeys.AddOptions.as_view(),
        name="add_passkey_options",
    ),
    path("account/security/passkeys/add/", passkeys.AddPasskey.as_view(), name="add_passkey"),
    path(
        "activate/passkey/options/",
        passkeys.ActivationOptions.as_view(),
        name="activate_passkey_options",
    ),
]
