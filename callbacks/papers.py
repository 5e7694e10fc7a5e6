"""All pages that make papers: evaluation, urgent reports, reviews; they share the letters of PDF."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI

from api.entrance import Entrance
from callbacks import evaluation, reports, reviews
from callbacks.account_desk import AccountDesk
from documents.letters import Letters
from layouts.reading import PictureReader


def register(
    server: FastAPI, desk: AccountDesk, entrance: Entrance, reader: PictureReader, packs: Path, assets: Path
) -> None:
    """Register them. packs: where a city's own template lies; assets: where the letters are."""
    letters = Letters(assets)
    evaluation.register(server, desk, entrance, reader, letters)
    reports.register(server, desk, entrance, reader, packs, letters)
    reviews.register(server, desk, entrance, reader, letters)
