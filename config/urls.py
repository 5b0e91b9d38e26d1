"""Which app answers which path."""

from django.contrib.auth import views as auth
from django.urls import include, path

handler400 = "tracing.problems.bad_request"
urlpatterns = [
    path("accounts/login/", auth.LoginView.as_view(), name="login"),
    path("", include("tracing.urls")),
]
