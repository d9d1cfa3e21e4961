"""What a WSGI server and the ``flask --app wsgi`` commands load."""

from eventapp import create_app

app = create_app()
