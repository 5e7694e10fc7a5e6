"""Robots of chat groups: WeCom 企业微信, DingTalk 钉钉, Feishu 飞书. Each has a URL that somebody typed.

WeCom proves itself by the key in its URL. DingTalk asks for a timestamp and a signature in the URL, Feishu for both in
the body. Each answers 200 also to what it refuses; its code says which.

Source: 企业微信 群机器人配置说明; 钉钉开放平台 自定义机器人安全设置; 飞书开放平台 自定义机器人使用指南.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from urllib.parse import quote_plus

import msgspec

from core.notices import Channel, State
from notices.outward import Answer, Request, Unreachable, ask, handed
from notices.parcel import Handed, Parcel

Said = tuple[str, dict[str, object]]  # the URL, and what is posted there


class Robot:
    """Posts a line of text into a group."""

    def __init__(self, channel: Channel, local: bool) -> None:
        self._said, self._local = _SAID[channel], local

    def carry(self, parcel: Parcel) -> Handed:
        """Post it once; taken is what the robot answers with code 0."""
        address, body = self._said(parcel)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            answer = ask(Request(address, msgspec.json.encode(body), headers, self._local))
        except Unreachable as why:
            return Handed(State.FAILED, why.reason, why.final)
        by_status = handed(answer, State.DELIVERED)
        return by_status if by_status.state is State.FAILED else _by_code(answer)


def wecom(parcel: Parcel) -> Said:
    """WeCom: the key is in the URL."""
    return parcel.address, {"msgtype": "text", "text": {"content": parcel.text}}


def dingtalk(parcel: Parcel) -> Said:
    """DingTalk: HMAC-SHA256 of time in ms, line break and secret under the secret, in the URL."""
    url, secret, sent = parcel.address, parcel.recipient.secret, str(parcel.at_ms)
    if secret:
        signed = base64.b64encode(hmac.new(secret.encode(), f"{sent}\n{secret}".encode(), hashlib.sha256).digest())
        url += f"{'&' if '?' in url else '?'}timestamp={sent}&sign={quote_plus(signed)}"
    return url, {"msgtype": "text", "text": {"content": parcel.text}}


def feishu(parcel: Parcel) -> Said:
    """Feishu: HMAC-SHA256 of nothing under time in s, line break and secret, in the body."""
    body: dict[str, object] = {"msg_type": "text", "content": {"text": parcel.text}}
    if secret := parcel.recipient.secret:
        sent = str(parcel.at_ms // 1000)
        signed = base64.b64encode(hmac.new(f"{sent}\n{secret}".encode(), b"", hashlib.sha256).digest())
        body |= {"timestamp": sent, "sign": signed.decode()}
    return parcel.address, body


_SAID: dict[Channel, Callable[[Parcel], Said]] = {
    Channel.WECOM: wecom,
    Channel.DINGTALK: dingtalk,
    Channel.FEISHU: feishu,
}


def _by_code(answer: Answer) -> Handed:
    try:
        said = msgspec.json.decode(answer.body, type=dict[str, object])
    except msgspec.DecodeError:
        return Handed(State.FAILED, answer.body[:80])
    code = said.get("errcode", said.get("code", 0))
    if code == 0:
        return Handed(State.DELIVERED)
    return Handed(State.FAILED, f"{code}: {said.get('errmsg', said.get('msg', ''))}"[:120])
