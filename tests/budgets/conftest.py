"""The canary's network serves as the ten deliveries."""

from tests.canary.conftest import watch as watch
