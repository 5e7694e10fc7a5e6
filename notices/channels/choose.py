"""The channels that this installation has set up."""

from __future__ import annotations

from core.notices import Channel
from core.settings import Settings
from notices.channels.cap import Published
from notices.channels.gateway import Gateway
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
    if settings.sms_url:
        found[Channel.SMS] = Gateway(settings.sms_url, settings.sms_body, settings.sms_header, settings.sms_taken)
    if settings.voice_url:
        own = settings.voice_url, settings.voice_body, settings.voice_header, settings.voice_taken
        found[Channel.VOICE] = Gateway(*own)
    return found
