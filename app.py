"""The way in: `gunicorn app:app`, `flask --app app …`."""

from aidnet import create_app

app = create_app()
