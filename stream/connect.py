"""One way to Redis: an address becomes a client whose silence is a `NeighbourDown`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.errors import NeighbourDown

ANSWER_S = 20.0  # an fsync on a busy disk took up to 3 s; longer than any XREAD BLOCK of ours
CONNECT_S = 3.0
_SILENCE = (redis.ConnectionError, redis.TimeoutError, OSError)
_REFUSALS = (redis.exceptions.OutOfMemoryError, redis.exceptions.ReadOnlyError, redis.exceptions.ClusterDownError)
_REFUSING_WORDS = ("MISCONF", "OOM", "READONLY", "NOAUTH")  # as scripts and older servers say it


class Promise(StrEnum):
    """What an answer of this Redis means for what was just appended."""

    ALWAYS = "always"  # it is on disk
    EVERYSEC = "everysec"  # on disk within a second; a crash loses that second
    SYSTEM = "system"  # on disk when the operating system likes
    NEVER = "never"  # in memory only
    UNKNOWN = "unknown"  # this Redis does not say


class Client(redis.Redis):  # type: ignore[misc]
    """A Redis client that raises `NeighbourDown` when Redis is silent or takes no more writes."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send one command."""
        try:
            return super().execute_command(*args, **options)
        except (redis.RedisError, OSError) as problem:
            raise _translated(problem, self) from problem

    def script(self, source: str, keys: Sequence[str], arguments: Sequence[str | bytes]) -> Any:
        """Run a Lua script; its text travels only until Redis knows it."""
        digest = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
        try:
            return self.evalsha(digest, len(keys), *keys, *arguments)
        except redis.exceptions.NoScriptError:
            return self.eval(source, len(keys), *keys, *arguments)

    def pipeline(self, transaction: Any = False, shard_hint: Any = None) -> Pipeline:
        """Several commands in one round trip; not a transaction unless asked for."""
        return Pipeline(self.connection_pool, self.response_callbacks, bool(transaction), shard_hint)


class Pipeline(redis.client.Pipeline):  # type: ignore[misc]
    """A pipeline that raises like `Client`."""

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Send all commands, return all answers."""
        try:
            return list(super().execute(raise_on_error))
        except (redis.RedisError, OSError) as problem:
            raise _translated(problem, self) from problem


def connect(url: str) -> Client:
    """A client of the Redis at `redis://`, `rediss://` or `unix://`; no word is exchanged before its first use.

    Commands are never repeated by the client itself: a repeated append would be a second entry.
    """
    alive = {} if url.startswith("unix:") else {"socket_keepalive": True}
    client: Client = Client.from_url(
        url,
        decode_responses=False,
        protocol=2,  # one shape of answers on every Redis from 6.2 on
        socket_timeout=ANSWER_S,
        socket_connect_timeout=CONNECT_S,
        retry=Retry(NoBackoff(), 0),
        **alive,
    )
    return client


def shown(url: str) -> str:
    """An address without user and password, for sentences and logs.

    >>> shown("redis://:secret@10.0.0.5:6379/0")
    '10.0.0.5:6379'
    """
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else parts.path


def durability(client: Client) -> Promise:
    """What this Redis promises about an append that it answered. Raises NeighbourDown."""
    try:
        config = client.execute_command("CONFIG GET", "append*")
    except redis.ResponseError:  # managed services forbid CONFIG
        return Promise.NEVER if client.info("persistence").get("aof_enabled") == 0 else Promise.UNKNOWN
    said = {_text(name): _text(value) for name, value in config.items()}
    if said.get("appendonly") != "yes":
        return Promise.NEVER
    return {"always": Promise.ALWAYS, "everysec": Promise.EVERYSEC}.get(said.get("appendfsync", ""), Promise.SYSTEM)


def version(client: Client) -> tuple[int, ...]:
    """The version of the Redis server, such as (6, 2, 14). Raises NeighbourDown."""
    return tuple(int(part) for part in str(client.info("server")["redis_version"]).split(".")[:3])


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _translated(problem: Exception, client: redis.Redis) -> Exception:
    """The error that a caller of ours should see."""
    silent = isinstance(problem, _SILENCE)
    refuses = isinstance(problem, _REFUSALS) or any(word in str(problem) for word in _REFUSING_WORDS)
    if not silent and not refuses:
        return problem
    where = client.connection_pool.connection_kwargs
    address = where.get("path") or f"{where.get('host')}:{where.get('port')}"
    return NeighbourDown(f"Redis at {address} {'does not answer' if silent else 'refuses'}: {problem}")
