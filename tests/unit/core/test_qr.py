"""The picture of a second factor, read by a reader that others wrote."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
import zxingcpp

from accounts import totp
from core.qr import QUIET_MODULES, qr

DOT = 6  # pixels a module


def _drawn(picture: str) -> np.ndarray:
    """The svg as a browser draws it, (n, n) grey: our writer has two paths, the ground and strokes one module high."""
    svg = ElementTree.fromstring(picture)
    side = int(svg.attrib["viewBox"].split()[2])
    modules = np.zeros((side, side), np.uint8)
    ground, dark = svg
    assert (ground.attrib["fill"], dark.attrib["stroke"]) == ("#fff", "#000")
    modules[:] = 255
    column = row = 0.0
    for letter, numbers in re.findall(r"([Mmhvz])([^Mmhvz]*)", dark.attrib["d"]):
        steps = [float(one) for one in re.findall(r"-?\.?\d+\.?\d*", numbers)]
        if letter == "M":
            column, row = steps
        elif letter == "m":
            column, row = column + steps[0], row + steps[1]
        else:
            assert letter == "h"
            modules[int(row), int(column) : int(column + steps[0])] = 0
            column += steps[0]
    return np.kron(modules, np.ones((DOT, DOT), np.uint8))


@pytest.mark.claim("ACCOUNTS", "An authenticator scans the picture of a new second factor and gets its address.")
def test_a_reader_of_others_reads_the_address() -> None:
    address = totp.address_of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "值班员.一", "CityVitals")
    [read] = zxingcpp.read_barcodes(_drawn(qr(address)))
    assert read.format == zxingcpp.BarcodeFormat.QRCode and read.text == address


def test_it_has_a_margin_and_nothing_that_the_policy_of_the_page_forbids() -> None:
    picture = qr("otpauth://totp/a?secret=B")
    drawn = _drawn(picture)
    assert (drawn[: QUIET_MODULES * DOT] == 255).all() and (drawn[:, : QUIET_MODULES * DOT] == 255).all()
    assert "style" not in picture and "script" not in picture and "href" not in picture
