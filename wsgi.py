"""What a WSGI server and the ``flask --app wsgi`` commands load."""

import os

from eventapp import cli, create_app

os.umask(0o077)  # database, files and mails are for the user that runs the product alone
app = cli.load(create_app)
