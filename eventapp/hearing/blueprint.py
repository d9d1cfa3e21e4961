"""The two blueprints that the hearing's rooms share: for everybody, and for staff."""

from flask import Blueprint

public_pages = Blueprint("hearing", __name__)
staff_pages = Blueprint("hearing_staff", __name__, url_prefix="/staff/hearings")
