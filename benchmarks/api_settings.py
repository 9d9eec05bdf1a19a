"""The shop's settings with the bare views to compare with."""

from mami.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.api_urls"
