"""The settings with one more app of the clinics: its migrations are a test's own."""

from __future__ import annotations

import os
import sys

from dentalogic.settings import *  # noqa: F403
from dentalogic.settings import INSTALLED_APPS, TENANT_APPS

sys.path.insert(0, os.environ["EXTRA_APP"])
TENANT_APPS = [*TENANT_APPS, "extra"]
INSTALLED_APPS = [*INSTALLED_APPS, "extra"]
