"""The rows of somebody else's database: past years that lie there, read once, never written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from core.errors import TableError

PAGE = 20_000

Row = Sequence[object]


@contextmanager
def rows_of(url: str, query: str) -> Iterator[tuple[list[str], Iterator[Row]]]:
    """Headings and rows of a query, read as they are asked for.

    Raises:
        TableError: The address, the driver or the query is wrong. The address is not repeated, it may hold a password.
    """
    try:
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect().execution_options(stream_results=True, yield_per=PAGE) as connection:
            found = connection.execute(text(query))
            yield list(found.keys()), iter(found)
    except (SQLAlchemyError, ArgumentError, ModuleNotFoundError) as problem:
        why = getattr(problem, "orig", None) or problem
        raise TableError(f"the database does not answer the query: {type(why).__name__}: {why}") from problem
