"""The channels that this installation has set up."""

from __future__ import annotations

from core.notice_settings import states_in
from core.notices import Channel
from core.settings import Settings
from notices.channels.cap import Published
from notices.channels.gateway import Gateway, StatusPage
from notices.channels.mail import Mail
from notices.channels.retained import Publisher, Retained
from notices.channels.robots import Robot
from notices.channels.webhook import Webhook
from notices.parcel import Carrier


def carriers_of(settings: Settings, publisher: Publisher) -> dict[Channel, Carrier]:
    """Channel → what carries it. Mail and gateways are there once their settings are."""
    found: dict[Channel, Carrier] = {
        Channel.WEBHOOK: Webhook(settings.notices_local),
        Channel.CAP: Published(),
        Channel.MQTT: Retained(publisher),
    }
    for robot in (Channel.WECOM, Channel.DINGTALK, Channel.FEISHU):
        found[robot] = Robot(robot, settings.notices_local)
    if settings.smtp_host:
        found[Channel.MAIL] = Mail(settings)
    s = settings
    if s.sms_url:
        found[Channel.SMS] = Gateway(s.sms_url, s.sms_body, s.sms_header, s.sms_taken, s.sms_id)
    if s.voice_url:
        found[Channel.VOICE] = Gateway(s.voice_url, s.voice_body, s.voice_header, s.voice_taken, s.voice_id)
    return found


def status_pages_of(settings: Settings) -> dict[Channel, StatusPage]:
    """Channel → where its gateway is asked what became of what it took."""
    s = settings
    pages = {
        Channel.SMS: StatusPage(s.sms_status_url, s.sms_header, states_in(s.sms_states)),
        Channel.VOICE: StatusPage(s.voice_status_url, s.voice_header, states_in(s.voice_states)),
    }
    return {channel: page for channel, page in pages.items() if page.url and page.states}
