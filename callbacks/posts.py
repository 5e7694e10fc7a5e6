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
    office = desk.office

    def show(frame: Frame, asked: Asked) -> str:
        known = office.roster.register(asked.by, "posts.see")
        return posts_page(frame, known, desk.ground(), asked.now_ms, "posts.edit" in asked.rights())

    def show_one(frame: Frame, asked: Asked) -> str:
        known = office.roster.register(asked.by, "posts.see")
        post, can_edit = known.post(asked.place["post"]), "posts.edit" in asked.rights()
        return post_page(frame, known, desk.ground(), post, asked.now_ms, can_edit)

    def put(asked: Asked) -> Done:
        """A new post, or another reach for one that is known: by a slip of its code no post is overwritten."""
        role, department = Role(asked.word("role")), asked.word("department")
        post = Post(asked.word("id"), asked.word("name"), department, role, reach_of(asked))
        known = office.roster.register(asked.by, "posts.see").posts
        if post.id in known and not asked.word("known"):
            raise Taken(post.id)
        office.roster.put_post(asked.by, post, asked.now_ms)
        return Done(f"posts/{quote(post.id)}", "saved")

    def appoint(asked: Asked) -> Done:
        post = asked.place["post"]
        office.roster.appoint(asked.by, asked.word("login"), post, term_of(asked), asked.now_ms)
        return Done(f"posts/{quote(post)}", "appointed")

    def end(asked: Asked) -> Done:
        """At the end of a day, or now; with a successor he takes over at that moment."""
        last, successor, number = asked.word("last"), asked.word("successor"), asked.number("appointment")
        at_ms = max(end_of(last), asked.now_ms) if last else asked.now_ms
        if successor:
            office.roster.succeed(asked.by, number, successor, at_ms, asked.now_ms)
            return Done("posts", "handed-over")
        office.roster.dismiss(asked.by, number, at_ms, asked.now_ms)
        return Done("posts", "ended")

    def put_seat(asked: Asked) -> Done:
        office.roster.put_seat(asked.by, Seat(asked.word("id"), asked.word("name"), asked.word("post")), asked.now_ms)
        return Done("posts", "saved")

    desk.page("posts", show)
    desk.page("posts/{post}", show_one)
    desk.act("posts", put, show)
    desk.act("posts/{post}/appoint", appoint, show_one)
    desk.act("appointments/{appointment}/end", end, show)
    desk.act("seats", put_seat, show)
