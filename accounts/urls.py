"""Addresses of accounts."""

from django.urls import path

from accounts.views import signing_in

app_name = "accounts"
urlpatterns = [
    # --- signing in
    path("sign-in/", signing_in.SignIn.as_view(), name="sign_in"),
    path("sign-in/code/", signing_in.SecondStep.as_view(), name="second_step"),
    path("sign-in/again/", signing_in.SignInAgain.as_view(), name="sign_in_again"),
    path("sign-out/", signing_in.SignOut.as_view(), name="sign_out"),
    path("counter/sign-in/", signing_in.OfficerSignIn.as_view(), name="officer_sign_in"),
]
