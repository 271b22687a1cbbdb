"""What every answer says to the browser about safety."""

from flask import Flask, Response, request

from aidnet.config import Settings

#: No inline anything, one origin, no frames. SECURITY: kept by tests/web/test_headers.py.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def init_headers(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer; pages are never kept by caches or the disk."""

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), interest-cohort=()"
        if request.endpoint not in ("static", "assets.bundle"):
            headers.setdefault("Cache-Control", "no-store")
        if settings.behind_https:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return response
