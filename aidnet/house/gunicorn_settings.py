"""How gunicorn serves aidnet: threads in one process (SQLite has one writer), and no log of who asked for what.

More processes, for PostgreSQL: WEB_CONCURRENCY=4.
"""

from typing import Any

worker_class: str = "gthread"
threads: int = 8
timeout: int = 60
graceful_timeout: int = 20
control_socket_disable: bool = True
#: Our own log has a line for each request, without address, path or browser.
accesslog: str | None = None
logconfig_dict: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "aidnet.web.logs.JsonLines"}},
    "handlers": {"stderr": {"()": "aidnet.web.logs.handler"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["stderr"], "propagate": False},
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}
