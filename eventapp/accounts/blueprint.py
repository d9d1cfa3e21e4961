"""Where the pages of this slice live."""

from flask import Blueprint

bp = Blueprint("accounts", __name__, url_prefix="/staff")
