"""The commands `user …`, `token …` and `audit …`, thin. Services are imported when one of them runs."""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from core.settings import Settings

Login = Annotated[str, typer.Argument(help="What the person types to sign in.")]
Name = Annotated[str, typer.Argument(help="The person's real name.")]
Phone = Annotated[str, typer.Option(help="Telephone.")]
Kind = Annotated[str, typer.Option(help="wall or machine.")]
Workbook = Annotated[Path, typer.Argument(help="Workbook with the sheets 部门, 岗位, 人员, 任职.")]


def user_commands(settings: Callable[[], Settings]) -> typer.Typer:
    """`user add|list|disable|reset-password|import`."""
    user = typer.Typer(no_args_is_help=True, help="Accounts of people.")

    @user.command("add")
    def add_user(login: Login, name: Name, phone: Phone = "") -> None:
        """Make an account and print its first password, once."""
        from accounts import console

        typer.echo(console.add(settings(), login, name, phone))

    @user.command("list")
    def list_users() -> None:
        """List the accounts and what each holds now."""
        from accounts import console

        typer.echo(console.people(settings()))

    @user.command("disable")
    def disable_user(login: Login) -> None:
        """Shut an account; its history stays."""
        from accounts import console

        typer.echo(console.disable(settings(), login))

    @user.command("reset-password")
    def reset_password(login: Login) -> None:
        """Print a new password, once; it must be changed at the next sign-in."""
        from accounts import console

        typer.echo(console.reset_password(settings(), login))

    @user.command("import")
    def import_users(file: Workbook) -> None:
        """Import departments, posts, people and appointments from XLSX."""
        from accounts import console

        typer.echo(console.import_file(settings(), file))

    return user


def token_commands(settings: Callable[[], Settings]) -> typer.Typer:
    """`token add|list|revoke`."""
    token = typer.Typer(no_args_is_help=True, help="What walls and machines show instead of a password.")

    @token.command("add")
    def add_token(
        name: Annotated[str, typer.Argument(help="Which wall or system it is for.")], role: Kind = "wall"
    ) -> None:
        """Make a token and print it, once."""
        from accounts import console

        typer.echo(console.add_token(settings(), name, role))

    @token.command("list")
    def list_tokens() -> None:
        """List the tokens; their secrets are kept nowhere."""
        from accounts import console

        typer.echo(console.tokens(settings()))

    @token.command("revoke")
    def revoke_token(number: Annotated[int, typer.Argument(help="Its number, as `token list` says.")]) -> None:
        """From now on this token opens nothing."""
        from accounts import console

        typer.echo(console.revoke_token(settings(), number))

    return token


def audit_commands(settings: Callable[[], Settings]) -> typer.Typer:
    """`audit verify|export`."""
    audit = typer.Typer(no_args_is_help=True, help="The proof of what was done.")

    @audit.command("verify")
    def verify_audit() -> None:
        """Check every row against the one before and against the heads kept aside; exit code 1 when any is wrong."""
        from accounts import console

        sentence, is_whole = console.verify_audit(settings())
        typer.echo(sentence)
        raise SystemExit(not is_whole)

    @audit.command("export")
    def export_audit() -> None:
        """Print the audit as lines of JSON, with all that is needed to check it elsewhere."""
        from accounts import console

        for line in console.export_audit(settings()):
            typer.echo(line)

    return audit
