"""A QR code 二维码 as a picture that needs neither script nor style: a telephone reads it from the screen."""

from __future__ import annotations

import segno

from core.markup import Markup

QUIET_MODULES = 4  # the empty margin that ISO/IEC 18004 asks for
ERROR = "m"  # 15 % may be lost: a screen has glare, and no creases


def qr(content: str) -> Markup:
    """An `svg` element of class `qr`, black on white whatever stands around it, for readers want it so.

    content: What is read from it, at most 2,331 bytes. Its size comes from the style sheet.
    """
    code = segno.make(content, error=ERROR, micro=False)
    drawn = code.svg_inline(border=QUIET_MODULES, dark="#000", light="#fff", omitsize=True, svgclass="qr")
    return Markup(drawn)
