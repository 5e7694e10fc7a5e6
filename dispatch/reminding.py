"""What time alone asks for: a response whose review is overdue, an order that comes near its end or is past it."""

from __future__ import annotations

from dispatch.book import Now
from dispatch.response_book import ResponseBook, ResponseWish
from dispatch.responses import Deed, ResponseState
from dispatch.supervision import Light, OrderDeed
from dispatch.supervision_book import OrderTold, OrderWish, SupervisionBook

BY = "worker:clocks"
REMINDED = (Light.SOON, Light.LATE)


class Reminding:
    """Reminds once of each review, and of an order once when its end is near and once when it is past."""

    def __init__(self, responses: ResponseBook, orders: SupervisionBook) -> None:
        self._responses, self._orders = responses, orders

    def turn(self, now: Now) -> int:
        """Look at all that is open. Returns of how much somebody was reminded. A repeat has the same key."""
        return self._of_reviews(now) + self._of_orders(now)

    def _of_reviews(self, now: Now) -> int:
        reminded = 0
        for told in self._responses.all(now.scene, [ResponseState.IN_FORCE]):
            course = told.course
            if course.review_late(now.city_ms) and course.reminded_ms <= course.response.review_ms:
                key = f"{course.response.id}/review/{course.response.review_ms}"
                self._responses.happen(BY, ResponseWish(key, Deed.REMIND, course.response.id), now)
                reminded += 1
        return reminded

    def _of_orders(self, now: Now) -> int:
        reminded = 0
        for told in self._orders.all(now.scene, is_open=True):
            light = self._orders.light(told, now)
            key = f"{told.order.id}/{light}/{told.row.due_ms}"
            if light in REMINDED and not _told_already(told, key):
                wish = OrderWish(key, OrderDeed.REMIND, told.order.id, {"about": key})
                self._orders.happen(BY, wish, now)
                reminded += 1
        return reminded


def _told_already(told: OrderTold, key: str) -> bool:
    return any(line.deed is OrderDeed.REMIND and line.fields.get("about") == key for line in told.log)
