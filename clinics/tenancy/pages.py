"""Setting a first password from a mailed link."""

from __future__ import annotations

from django.contrib.auth.views import PasswordResetConfirmView
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache


@method_decorator(never_cache, name="dispatch")
class SetPasswordView(PasswordResetConfirmView):
    """The link is good until the password that it sets; it logs nobody in."""

    template_name = "tenancy/set_password.html"
    success_url = "/login/"
