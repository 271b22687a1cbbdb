"""The settings, read once from the environment and the instance folder; a half-set or default-secret start is refused."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cryptography.fernet import Fernet

Mode = Literal["production", "development", "test"]
_MODES: tuple[Mode, ...] = ("production", "development", "test")
_DEFAULTS = {"dev", "development", "secret", "changeme", "change-me", "test", "password"}
ROOT = Path(__file__).resolve().parent.parent


class BadSettings(SystemExit):
    """The app will not start; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """All that an installation decides. Secrets never show in `repr`."""

    mode: Mode
    instance: Path
    database_url: str
    #: Signs cookies and form tokens.
    secret_key: str = field(repr=False)
    #: Fernet keys of the private columns, newest first.
    field_keys: tuple[str, ...] = field(repr=False)
    #: Key of the blind indexes.
    blind_key: str = field(repr=False)
    debug: bool = False
    #: A proxy in front speaks HTTPS: cookies are Secure, HSTS is sent, one hop of X-Forwarded-Proto and -Host is believed.
    behind_https: bool = False
    #: Host names this installation answers to; empty means any (loopback use).
    hosts: tuple[str, ...] = ()

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The settings of this process. Makes the instance folder (0700) and missing secrets (0600). Raises: BadSettings."""
        mode = environment.get("AIDNET_MODE", "production")
        if mode not in _MODES:
            raise BadSettings(f"AIDNET_MODE is {mode!r}: set it to one of {', '.join(_MODES)}.")
        instance = Path(environment.get("AIDNET_INSTANCE", ROOT / "instance")).absolute()
        instance.mkdir(parents=True, exist_ok=True)
        if instance.stat().st_uid == os.getuid():
            instance.chmod(0o700)
        given = environment.get("AIDNET_FIELD_KEYS")
        keys = given.split() if given else _kept(instance / "field.keys", lambda: Fernet.generate_key().decode()).split()
        settings = cls(
            mode=mode,
            instance=instance,
            database_url=environment.get("AIDNET_DATABASE_URL") or f"sqlite:///{instance / 'aidnet.db'}",
            secret_key=environment.get("AIDNET_SECRET_KEY") or _kept(instance / "secret.key", _secret),
            field_keys=tuple(keys),
            blind_key=environment.get("AIDNET_BLIND_KEY") or _kept(instance / "blind.key", _secret),
            debug=_flag(environment, "AIDNET_DEBUG") or _flag(environment, "FLASK_DEBUG"),
            behind_https=_flag(environment, "AIDNET_BEHIND_HTTPS"),
            hosts=tuple(environment.get("AIDNET_HOSTS", "").split()),
        )
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse what would be dangerous. Raises: BadSettings."""
        if self.mode == "production" and self.debug:
            raise BadSettings("Debug is on in production: unset AIDNET_DEBUG and FLASK_DEBUG, or set AIDNET_MODE=development.")
        for name, secret in (("AIDNET_SECRET_KEY", self.secret_key), ("AIDNET_BLIND_KEY", self.blind_key)):
            if secret.casefold() in _DEFAULTS:
                raise BadSettings(f"{name} is a default secret: unset it, and one is made in the instance folder.")
            if len(secret) < 32:
                raise BadSettings(f"{name} is shorter than 32 characters: unset it, and one is made in the instance folder.")
        if not self.field_keys:
            raise BadSettings("AIDNET_FIELD_KEYS is empty: unset it, and a key is made in the instance folder.")
        for key in self.field_keys:
            try:
                Fernet(key)
            except ValueError:
                raise BadSettings(
                    "AIDNET_FIELD_KEYS holds something that is no Fernet key: each is 32 random bytes in URL-safe base64."
                ) from None
        if not self.database_url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise BadSettings("AIDNET_DATABASE_URL must begin with sqlite:/// or postgresql://.")


def _flag(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").casefold() in {"1", "true", "yes", "on"}


def _secret() -> str:
    return secrets.token_urlsafe(48)


def _kept(path: Path, make: Callable[[], str]) -> str:
    """The secret in `path`, made there (0600) on the first start. Two processes starting at once agree on one."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(make() + "\n")
    return path.read_text().strip()
