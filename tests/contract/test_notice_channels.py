"""Each channel against a small real server of its kind: what arrives there, and what is made of what it answers."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
import queue
import socket
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import paho.mqtt.client as paho
import pytest
from mail_server import certificate, mailbox
from prerequisites import ANSWER_S, eventually, unused_port
from recorded_server import recorded

from core.notices import Channel, Delivery, Kind, Notice, Recipient, State
from core.records import Level, Stamp
from core.settings import Settings, load
from ingest.transports.publish import Publisher
from notices import outward
from notices.channels.choose import carriers_of
from notices.outward import Request, Unreachable, ask
from notices.parcel import Handed, Parcel, hand_over

NOTICE = Notice(
    "live|w1|opened|red", "live", Stamp.LIVE, Kind.OPENED, Level.RED, "w1", "c1", "water", ("440983", "440900"),
    '信宜 新宝"站" 水位 62.35 m & 涨', 1_795_304_100_000,
)  # fmt: skip
NOW_MS = 1_795_304_101_234


def parcel(channel: Channel, address: str, secret: str = "hush", **more: object) -> Parcel:
    notice = replace(NOTICE, **more)  # type: ignore[arg-type]
    delivery = Delivery("0123abcd", "r", channel, NOW_MS, NOW_MS)
    recipient = Recipient("r", "收件人", {channel: address}, secret)
    return Parcel(notice, delivery, recipient, NOW_MS, "https://city.example/warnings/w1")


def settings(**given: object) -> Settings:
    return load({f"CITYVITALS_{name.upper()}": str(value) for name, value in given.items()})


class _Nobody:
    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> bool:
        return False

    def wait(self, timeout_s: float) -> bool:
        return False


def carry(sent: Parcel, **given: object) -> Handed:
    return hand_over(sent, carriers_of(settings(**{"notices_local": 1} | given), _Nobody()))


@pytest.mark.claim("WARN", "A webhook is signed over time and body, and carries the same key at each attempt.")
def test_a_webhook_can_be_checked_by_who_shares_the_secret() -> None:
    with recorded() as server:
        assert carry(parcel(Channel.WEBHOOK, f"{server.url}/in?x=1")) == Handed(State.DELIVERED)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/in?x=1")
    signed = f"{asked.headers['X-CityVitals-Timestamp']}.".encode() + asked.body
    proof = hmac.new(b"hush", signed, hashlib.sha256).hexdigest()
    assert asked.headers["X-CityVitals-Signature"] == f"sha256={proof}"
    assert asked.headers["X-CityVitals-Timestamp"] == "1795304101"
    assert asked.headers["Idempotency-Key"] == "0123abcd"
    told = json.loads(asked.body)
    assert told["sentence"] == NOTICE.sentence and told["level"] == "red" and told["exercise"] is False
    assert told["at"] == "2026-11-22T07:35:00.000+08:00"


@pytest.mark.parametrize(
    ("status", "final"), [(500, False), (503, False), (429, False), (408, False), (404, True), (302, False)]
)
def test_what_a_refusal_means(status: int, final: bool) -> None:
    with recorded() as server:
        server.status, server.headers = status, {"Location": f"{server.url}/elsewhere"}
        assert carry(parcel(Channel.WEBHOOK, server.url)) == Handed(State.FAILED, f"HTTP {status}", final)
    assert len(server.asked) == 1, "no redirect is followed"


@pytest.mark.claim(
    "WARN", "A typed address leads to no service of this machine or its link, unless a setting allows it."
)
@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "[fe80::1]"],
)
def test_this_machine_is_out_of_reach(address: str) -> None:
    refused = carry(parcel(Channel.WEBHOOK, f"http://{address}:{unused_port()}/"), notices_local=0)
    assert refused.final and refused.reason.endswith(": local")


@pytest.mark.parametrize("address", ["ftp://10.0.0.1/", "file:///etc/passwd", "http://", "http://h:99999/", "x"])
def test_what_is_no_address_is_given_up(address: str) -> None:
    assert carry(parcel(Channel.WEBHOOK, address)) == Handed(State.FAILED, "bad-url", final=True)


def test_nobody_there_is_tried_again_and_the_reason_tells_no_key() -> None:
    gone = carry(parcel(Channel.WEBHOOK, f"http://127.0.0.1:{unused_port()}/?key=hush-hush"))
    assert gone == Handed(State.FAILED, "127.0.0.1: ConnectionRefusedError")
    with pytest.raises(Unreachable, match="unknown"):
        ask(Request("http://nobody.invalid/"))


@pytest.mark.parametrize(
    ("channel", "words"), [(Channel.WECOM, "content"), (Channel.DINGTALK, "content"), (Channel.FEISHU, "text")]
)
def test_robots_say_the_sentence_and_are_believed_by_their_code(channel: Channel, words: str) -> None:
    with recorded() as server:
        server.body = '{"errcode": 0, "errmsg": "ok"}' if channel is not Channel.FEISHU else '{"code": 0}'
        assert carry(parcel(channel, f"{server.url}/robot?key=k")) == Handed(State.DELIVERED)
        server.body = '{"errcode": 310000, "errmsg": "sign not match"}'
        refused = carry(parcel(channel, f"{server.url}/robot?key=k"))
    assert refused == Handed(State.FAILED, "310000: sign not match")
    body = json.loads(server.asked[0].body)
    said = body.get("text", body.get("content"))[words]
    assert said == f"{NOTICE.sentence} https://city.example/warnings/w1"
    query = parse_qs(urlsplit(server.asked[0].path).query)
    if channel is Channel.DINGTALK:
        proof = base64.b64encode(hmac.digest(b"hush", b"1795304101234\nhush", "sha256")).decode()
        assert query == {"key": ["k"], "timestamp": ["1795304101234"], "sign": [proof]}
    if channel is Channel.FEISHU:
        proof = base64.b64encode(hmac.digest(b"1795304101\nhush", b"", "sha256")).decode()
        assert (body["timestamp"], body["sign"]) == ("1795304101", proof)


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_who_answers_a_byte_at_a_time_is_hung_up_on(greeting: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight of these would keep every other notice waiting for as long as they please."""
    monkeypatch.setattr(outward, "WHOLE_S", 0.3)
    over = threading.Event()

    def drip(listening: socket.socket) -> None:
        there, _ = listening.accept()
        with there, suppress(OSError):
            there.sendall(greeting)
            while not over.wait(0.02):
                there.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip, args=(listening,))
        dripping.start()
        try:
            with pytest.raises(Unreachable) as why:
                ask(Request(f"http://127.0.0.1:{listening.getsockname()[1]}/send?key=secret", local=True))
        finally:
            over.set()
            dripping.join(ANSWER_S)
    assert not why.value.final and "secret" not in why.value.reason


@pytest.mark.claim("WARN", "Short messages and calls go through any HTTP gateway by a template of the settings.")
def test_a_gateway_gets_what_its_template_asks_for() -> None:
    with recorded() as server:
        by_url = {"sms_url": f"{server.url}/send?to={{to}}&text={{text}}&id={{key}}", "sms_header": "X-Key: k1"}
        assert carry(parcel(Channel.SMS, "138 0000"), **by_url) == Handed(State.SENT)
        by_json = {"voice_url": f"{server.url}/call", "voice_body": '{"to": ["{to}"], "say": "{text}"}'}
        server.body = '{"result": "taken"}'
        assert carry(parcel(Channel.VOICE, "138"), **by_json, voice_taken="taken") == Handed(State.SENT)
        refused = carry(parcel(Channel.VOICE, "138"), **by_json, voice_taken="fine")
        by_form = {"sms_url": f"{server.url}/send", "sms_body": "mobile={to}&content={text}"}
        assert carry(parcel(Channel.SMS, "+86138"), **by_form) == Handed(State.SENT)
    assert refused == Handed(State.FAILED, 'HTTP 200: {"result": "taken"}')
    said = f"{NOTICE.sentence} https://city.example/warnings/w1"
    first, second, _, fourth = server.asked
    query = {"to": ["138 0000"], "text": [said], "id": ["0123abcd"]}
    assert (first.method, parse_qs(urlsplit(first.path).query)) == ("GET", query)
    assert first.headers["X-Key"] == "k1"
    assert json.loads(second.body) == {"to": ["138"], "say": said}
    assert parse_qs(fourth.body.decode()) == {"mobile": ["+86138"], "content": [said]}


@pytest.mark.parametrize("security", ["starttls", "none"])
def test_a_mail_arrives_whole_and_is_known_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    files = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
    with mailbox(files) as box:
        given = {
            "smtp_host": "127.0.0.1",
            "smtp_port": box.port,
            "smtp_security": security,
            "mail_from": "cv@city.example",
        }
        assert carry(parcel(Channel.MAIL, "li@city.example"), **given) == Handed(State.SENT)
        box.refuses = {"nobody@city.example"}
        refused = carry(parcel(Channel.MAIL, "nobody@city.example"), **given)
    assert refused == Handed(State.FAILED, "SMTP 550", final=True)
    mail = email.message_from_bytes(box.mails[0], policy=email.policy.default)
    assert box.secured == [security == "starttls"]
    assert mail["Subject"] == NOTICE.sentence and mail["To"] == "li@city.example"
    assert mail["Message-ID"] == "<0123abcd@city.example>"
    assert NOTICE.sentence in mail.get_content()  # type: ignore[attr-defined]


def test_no_mail_goes_in_the_clear_when_it_should_not() -> None:
    with mailbox() as box:
        given = {"smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_security": "starttls"}
        assert carry(parcel(Channel.MAIL, "li@city.example"), **given).state is State.FAILED
    assert box.mails == []


def test_what_stands_is_retained_and_taken_back_when_it_is_over(broker: str) -> None:
    def heard() -> dict[str, bytes]:
        """What somebody hears who comes now."""
        found: queue.Queue[tuple[str, bytes]] = queue.Queue()
        client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        client.on_message = lambda _c, _u, message: found.put((message.topic, message.payload))
        client.on_connect = lambda *_: client.subscribe([("city/out/warnings/#", 1), ("city/out/end", 1)])
        client.on_subscribe = lambda *_: client.publish("city/out/end", b"", qos=1)
        address = urlsplit(broker)
        client.connect(address.hostname or "", address.port or 0)
        client.loop_start()
        told = dict(iter(lambda: found.get(timeout=ANSWER_S), ("city/out/end", b"")))
        client.disconnect()
        client.loop_stop()
        return told

    with Publisher(broker, "test-notices") as publisher:
        carriers = carriers_of(settings(), publisher)
        assert hand_over(parcel(Channel.MQTT, "city/out/warnings"), carriers) == Handed(State.DELIVERED)
        (said,) = heard().items()
        assert said[0] == "city/out/warnings/water/c1" and json.loads(said[1])["level"] == "red"
        over = parcel(Channel.MQTT, "city/out/warnings", kind=Kind.CLEARED)
        assert hand_over(over, carriers) == Handed(State.DELIVERED)
        eventually(lambda: heard() == {})


@pytest.mark.claim("WARN", "No channel can be reached with what is not live, except by the exercise list.")
@pytest.mark.parametrize("stamp", [stamp for stamp in Stamp if stamp is not Stamp.LIVE])
@pytest.mark.parametrize("channel", list(Channel))
def test_every_channel_refuses_what_is_not_live(channel: Channel, stamp: Stamp) -> None:
    """Even a delivery that was decided wrongly, or whose recipient left the exercise list meanwhile."""
    with recorded() as server:
        sent = parcel(channel, server.url, stamp=stamp)
        refused = carry(sent, sms_url=server.url, voice_url=server.url, smtp_host="127.0.0.1")
    assert refused == Handed(State.SUPPRESSED, "exercise-only", final=True)
    assert server.asked == []


def test_a_channel_that_was_not_set_up_and_an_address_that_is_gone_say_so() -> None:
    assert carry(parcel(Channel.SMS, "138")) == Handed(State.FAILED, "not-set-up", final=True)
    assert carry(parcel(Channel.WEBHOOK, "")) == Handed(State.FAILED, "no-address", final=True)
    gone = parcel(Channel.WEBHOOK, "http://10.0.0.1/")
    gone = replace(gone, recipient=replace(gone.recipient, disabled=True))
    assert carry(gone) == Handed(State.SUPPRESSED, "disabled", final=True)
