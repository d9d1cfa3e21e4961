"""Write a migration for what the models have become, judged against a scratch database at the newest migration.

python -m tools.migrate "seats of a quota"
"""

import sys
import tempfile
from pathlib import Path

import flask_migrate

from eventapp import config, create_app
from eventapp.cli import make_secrets


def main(message: str) -> int:
    if not message:
        print('Say what changes: make migrate MESSAGE="seats of a quota"')
        return 2
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder)
        make_secrets(instance)
        with create_app(config.load({}, instance)).app_context():
            flask_migrate.upgrade()
            flask_migrate.migrate(message=message)
    return 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:]).strip()))
