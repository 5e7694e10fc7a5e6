"""The composition root and the command line of CityVitals: which parts exist and how they meet. No logic.

python app.py run          the whole city: servers, workers, website, simulator
python app.py doctor       what is wrong with this installation, in words
python app.py --help       everything else
"""

from __future__ import annotations

import os
import sys

import typer

from core import settings as settings_table
from core.errors import CityVitalsError
from core.settings import Settings

cli = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="CityVitals 城市体征"
)


def _settings() -> Settings:
    """The settings of this process; every fault at once, then exit 2."""
    try:
        return settings_table.load(os.environ)
    except CityVitalsError as problem:
        raise SystemExit(f"CityVitals: {problem}") from None


@cli.command()
def settings() -> None:
    """Print docs/settings.md from the table of settings."""
    typer.echo(settings_table.as_markdown())


def main() -> None:
    """Run one command; what we cannot do is one sentence and a non-zero exit."""
    try:
        cli()
    except CityVitalsError as problem:
        sys.exit(f"CityVitals: {problem}")


if __name__ == "__main__":
    main()
