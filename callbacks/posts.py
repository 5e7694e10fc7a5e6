"""Posts, seats and appointments: defined, filled, handed over, ended."""

from __future__ import annotations

from urllib.parse import quote

from callbacks.account_desk import AccountDesk, Asked, Done, reach_of, term_of
from core.accounts import Post, Role, Seat
from core.errors import Taken
from layouts.account_frame import Frame, end_of
from layouts.posts import post_page, posts_page


def register(desk: AccountDesk) -> None:
    """The pages `posts` and `posts/<post>`, and their acts."""
    posts = Posts(desk)
    desk.page("posts", posts.show)
    desk.page("posts/{post}", posts.show_one)
    desk.act("posts", posts.put, posts.show)
    desk.act("posts/{post}/appoint", posts.appoint, posts.show_one)
    desk.act("appointments/{appointment}/end", posts.end, posts.show)
    desk.act("seats", posts.put_seat, posts.show)


class Posts:
    """Posts, who holds them, and seats."""

    def __init__(self, desk: AccountDesk) -> None:
        self._desk, self._roster = desk, desk.office.roster

    def show(self, frame: Frame, asked: Asked) -> str:
        """All of them."""
        known, can_edit = self._roster.register(asked.by, "posts.see"), "posts.edit" in asked.rights()
        return posts_page(frame, known, self._desk.ground(), asked.now_ms, can_edit)

    def show_one(self, frame: Frame, asked: Asked) -> str:
        """The one that the address names."""
        known, can_edit = self._roster.register(asked.by, "posts.see"), "posts.edit" in asked.rights()
        return post_page(frame, known, self._desk.ground(), known.post(asked.place["post"]), asked.now_ms, can_edit)

    def put(self, asked: Asked) -> Done:
        """A new post, or another reach for one that is known: by a slip of its code no post is overwritten."""
        role, department = Role(asked.word("role")), asked.word("department")
        post = Post(asked.word("id"), asked.word("name"), department, role, reach_of(asked))
        if post.id in self._roster.register(asked.by, "posts.see").posts and not asked.word("known"):
            raise Taken(post.id)
        self._roster.put_post(asked.by, post, asked.now_ms)
        return Done(f"posts/{quote(post.id)}", "saved")

    def appoint(self, asked: Asked) -> Done:
        """Somebody to this post, for a time."""
        post = asked.place["post"]
        self._roster.appoint(asked.by, asked.word("login"), post, term_of(asked), asked.now_ms)
        return Done(f"posts/{quote(post)}", "appointed")

    def end(self, asked: Asked) -> Done:
        """At the end of a day, or now; with a successor he takes over at that moment."""
        last, successor, number = asked.word("last"), asked.word("successor"), asked.number("appointment")
        at_ms = max(end_of(last), asked.now_ms) if last else asked.now_ms
        if successor:
            self._roster.succeed(asked.by, number, successor, at_ms, asked.now_ms)
            return Done("posts", "handed-over")
        self._roster.dismiss(asked.by, number, at_ms, asked.now_ms)
        return Done("posts", "ended")

    def put_seat(self, asked: Asked) -> Done:
        """A seat, new or of another post."""
        seat = Seat(asked.word("id"), asked.word("name"), asked.word("post"))
        self._roster.put_seat(asked.by, seat, asked.now_ms)
        return Done("posts", "saved")
