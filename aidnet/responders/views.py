"""Pages of responders."""

from flask import Blueprint

bp = Blueprint("responders", __name__)
