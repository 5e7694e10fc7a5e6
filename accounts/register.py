"""Who is who and who holds what, as one look into the database: what the pages of people and posts show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.accounts import Appointment, Department, Person, Post, Seat
from core.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Register:
    """People by number, departments, posts and seats by id, and every appointment ever."""

    people: Mapping[int, Person]
    departments: Mapping[str, Department]
    posts: Mapping[str, Post]
    appointments: Sequence[Appointment]
    seats: Mapping[str, Seat]

    def person(self, login: str) -> Person:
        """Who signs in under a login. Raises UnknownName."""
        for one in self.people.values():
            if one.login == login:
                return one
        raise UnknownName(f"nobody signs in as {login!r}")

    def post(self, post: str) -> Post:
        """The post with an id. Raises UnknownName."""
        if post not in self.posts:
            raise UnknownName(f"no post {post!r} is known")
        return self.posts[post]

    def of_person(self, person: Person) -> list[Appointment]:
        """The appointments of a person, the latest first."""
        return sorted((one for one in self.appointments if one.person == person.id), key=_latest)

    def at_post(self, post: str) -> list[Appointment]:
        """The appointments to a post, the latest first."""
        return sorted((one for one in self.appointments if one.post == post), key=_latest)

    def in_force(self, post: str, now_ms: int) -> list[Appointment]:
        """Who holds a post now and who stands in for him, in turn."""
        return sorted((one for one in self.at_post(post) if one.holds_at(now_ms)), key=lambda one: (one.rank, one.id))

    def posts_now(self, person: Person, now_ms: int) -> list[Post]:
        """What a person holds now."""
        return [self.posts[one.post] for one in self.of_person(person) if one.holds_at(now_ms)]

    def found(self, asked: str, now_ms: int, shut: bool = False) -> list[Person]:
        """People whose login, name or post holds every word asked for, by name; `shut`: the disabled ones instead."""
        words = asked.casefold().split()
        people = [one for one in self.people.values() if one.disabled == shut]
        return sorted(
            (one for one in people if _holds(words, [one.login, one.name, *self._places(one, now_ms)])),
            key=lambda one: (one.name.encode("gb18030"), one.login),  # its common letters stand in the order of pinyin
        )

    def _places(self, person: Person, now_ms: int) -> Iterable[str]:
        for post in self.posts_now(person, now_ms):
            yield post.name
            yield self.departments[post.department].name


def _holds(words: Sequence[str], places: Sequence[str]) -> bool:
    return all(any(word in place.casefold() for place in places) for word in words)


def _latest(one: Appointment) -> tuple[int, int]:
    return -one.from_ms, -one.id
