"""A folder of packs as one piece of bytes, so that a definition can travel and be kept where no folder is."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path

from catalogue.declared import Declared
from catalogue.load import load_fitting
from catalogue.pack import NOTHING, Adopted
from core.errors import DeclarationError

LONGEST_BYTES = 64 * 1024 * 1024  # of what lies in the folder; what travels is much less
_ADOPTED = "adopted.json"
_ALIKE = (1980, 1, 1, 0, 0, 0)  # one time for all files: the same packs are the same bytes


def bundle(packs: Path, adopted: Adopted = NOTHING) -> bytes:
    """Every file of a folder of packs, and what lies over them.

    Raises:
        DeclarationError: The folder holds more than `LONGEST_BYTES`; it is no folder of packs.
    """
    files = sorted(file for file in packs.rglob("*") if file.is_file())
    held = sum(file.stat().st_size for file in files)
    if held > LONGEST_BYTES:
        raise DeclarationError([f"{packs}:1: {held} bytes are more than a folder of packs may hold, {LONGEST_BYTES}"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(file.relative_to(packs).as_posix(), _ALIKE), file.read_bytes())
        if adopted:
            archive.writestr(zipfile.ZipInfo(_ADOPTED, _ALIKE), json.dumps(adopted, sort_keys=True))
    return packed.getvalue()


def unbundled(packed: bytes, city: str) -> Declared:
    """What a bundle declares of a city. Raises as `load` does."""
    with tempfile.TemporaryDirectory(prefix="cityvitals-packs-") as folder:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            archive.extractall(folder)
        over = Path(folder, _ADOPTED)
        return load_fitting(Path(folder), city, json.loads(over.read_text("utf-8")) if over.exists() else NOTHING)
