"""Addresses of the account pages: signing in, second factors, sessions, password.

The views are django-allauth's, the templates ours. There is no sign-up, and no password reset where
mail cannot be sent.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.http import require_POST

from partners.dashboard import invitations, sessions
from partners.dashboard.signing_in import enrolment, factors

RESET_BY_MAIL = [
    path("account/password/reset/", account.password_reset, name="account_reset_password"),
    path(
        "account/password/reset/sent/",
        account.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(
        r"^account/password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "account/password/reset/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", account.login, name="account_login"),
    path("logout/", require_POST(account.logout), name="account_logout"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/password/set/", account.password_set, name="account_set_password"),
    *(RESET_BY_MAIL if settings.EMAIL_URL else ()),
    path("account/invitation/<str:secret>/", invitations.accept, name="invitation"),
    path("account/enrol/", enrolment.enrol, name="enrol"),
    # Ours come before django-allauth's with the same addresses and names.
    path("account/factors/authenticate/", factors.Authenticate.as_view(), name="mfa_authenticate"),
    path(
        "account/factors/webauthn/login/",
        factors.LoginWebAuthn.as_view(),
        name="mfa_login_webauthn",
    ),
    path(
        "account/factors/webauthn/reauthenticate/",
        factors.ReauthenticateWebAuthn.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "account/factors/webauthn/add/",
        enrolment.with_code(webauthn.add_webauthn),
        name="mfa_add_webauthn",
    ),
    path(
        "account/factors/totp/activate/",
        enrolment.with_code(totp.activate_totp),
        name="mfa_activate_totp",
    ),
    path("account/verify/", invitations.verify, name="verify_address"),
    path("account/factors/", include("allauth.mfa.urls")),
    path("account/sessions/", sessions.Sessions.as_view(), name="usersessions_list"),
    path("account/sessions/<int:pk>/end/", sessions.end, name="usersessions_end"),
]
