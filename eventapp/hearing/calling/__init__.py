"""Calling a hearing: whom it is sent to, with what, until when."""
