"""Accounts, audit and outbox: the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Ms = sa.BigInteger
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them, and close the audit against change."""
    _people()
    _appointments()
    _passwords_and_factors()
    _sessions()
    _tokens()
    _audit_and_outbox()
    _close_audit()


def _people() -> None:
    op.create_table(
        "departments",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("parent", sa.String(64), nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("id", Number, primary_key=True),
        sa.Column("login", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("phone", sa.String(32), nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("department", sa.String(64), sa.ForeignKey("departments.id"), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("areas", sa.JSON, nullable=False),
        sa.Column("topics", sa.JSON, nullable=False),
        sa.Column("sensitivity", sa.Integer, nullable=False),
    )


def _appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", Number, primary_key=True),
        sa.Column("person", Number, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("post", sa.String(64), sa.ForeignKey("posts.id"), nullable=False),
        sa.Column("from_ms", Ms, nullable=False),
        sa.Column("until_ms", Ms),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("successor", Number, sa.ForeignKey("people.id")),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "appointments", ["person"])
    op.create_index(None, "appointments", ["post"])
    op.create_table(
        "seats",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("post", sa.String(64), sa.ForeignKey("posts.id"), nullable=False),
    )


def _passwords_and_factors() -> None:
    op.create_table(
        "passwords",
        sa.Column("id", Number, primary_key=True),
        sa.Column("person", Number, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("hash", sa.String(255), nullable=False),
        sa.Column("set_ms", Ms, nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "passwords", ["person"])
    op.create_table(
        "second_factors",
        sa.Column("person", Number, sa.ForeignKey("people.id"), primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.String(255), nullable=False),
        sa.Column("confirmed", sa.Boolean, nullable=False),
        sa.Column("last_step", Number, nullable=False),
    )
    op.create_table(
        "links",
        sa.Column("id", Number, primary_key=True),
        sa.Column("person", Number, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.UniqueConstraint("source", "subject"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "links", ["person"])


def _sessions() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", Number, primary_key=True),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("at_ms", Ms, nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "attempts", ["login", "at_ms"])
    op.create_index(None, "attempts", ["address", "at_ms"])
    op.create_table(
        "sessions",
        sa.Column("id", Number, primary_key=True),
        sa.Column("person", Number, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("began_ms", Ms, nullable=False),
        sa.Column("seen_ms", Ms, nullable=False),
        sa.Column("expires_ms", Ms, nullable=False),
        sa.Column("strong", sa.Boolean, nullable=False),
        sa.Column("seat", sa.String(64), nullable=False),
        sa.Column("ended_ms", Ms),
        sa.Column("ended_by", sa.String(80), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "sessions", ["person"])


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", Number, primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("areas", sa.JSON, nullable=False),
        sa.Column("topics", sa.JSON, nullable=False),
        sa.Column("sensitivity", sa.Integer, nullable=False),
        sa.Column("actions", sa.JSON, nullable=False),
        sa.Column("made_ms", Ms, nullable=False),
        sa.Column("expires_ms", Ms),
        sa.Column("seat", sa.String(64), nullable=False),
        sa.Column("revoked_ms", Ms),
        sqlite_autoincrement=True,
    )


def _audit_and_outbox() -> None:
    op.create_table(
        "audit",
        sa.Column("number", Number, primary_key=True, autoincrement=False),
        sa.Column("at_ms", Ms, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("algorithm", sa.String(16), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.create_index(None, "audit", ["at_ms"])
    op.create_index(None, "audit", ["actor", "at_ms"])
    op.create_index(None, "audit", ["action", "at_ms"])
    op.create_table(
        "outbox",
        sa.Column("number", Number, primary_key=True),
        sa.Column("at_ms", Ms, nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )


_SQLITE = (
    """CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
    """CREATE TRIGGER audit_keeps_words BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
    # without this an INSERT OR REPLACE would be both, and fire neither of them
    """CREATE TRIGGER audit_counts_on BEFORE INSERT ON audit
    WHEN NEW.number IS NOT (SELECT COALESCE(MAX(number), 0) + 1 FROM audit)
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$""",
    """CREATE TRIGGER audit_keeps_rows BEFORE DELETE OR UPDATE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()""",
    """CREATE FUNCTION audit_counts() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        IF NEW.number IS DISTINCT FROM (SELECT COALESCE(MAX(number), 0) + 1 FROM audit) THEN
            RAISE EXCEPTION 'the audit is append-only';
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER audit_counts_on BEFORE INSERT ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_counts()""",
)


def _close_audit() -> None:
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
