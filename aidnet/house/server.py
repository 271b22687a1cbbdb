"""gunicorn around an app that is there already: `make run` prepares and serves in one process, and so starts in half the time."""

from flask import Flask
from gunicorn.app.base import BaseApplication

from aidnet.house import gunicorn_settings


class Server(BaseApplication):
    """Serves `app` on loopback at `port`, as `gunicorn_settings` says, until it is stopped."""

    def __init__(self, app: Flask, port: int) -> None:
        self.served = app
        self.port = port
        super().__init__()

    def load_config(self) -> None:
        """gunicorn asks for its settings."""
        for name in gunicorn_settings.__annotations__:
            self.cfg.set(name, getattr(gunicorn_settings, name))
        self.cfg.set("bind", f"127.0.0.1:{self.port}")

    def load(self) -> Flask:
        """gunicorn asks for its app, in each worker."""
        return self.served
