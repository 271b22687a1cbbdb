"""Pages of releases."""

from flask import Blueprint

bp = Blueprint("releases", __name__)
