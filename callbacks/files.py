"""Papers as files that a browser saves."""

from __future__ import annotations

from urllib.parse import quote

from fastapi.responses import Response

from documents.formats import Format


def attached(made: bytes, name: str, form: Format) -> Response:
    """A file to be saved under a name, which may be Chinese."""
    disposition = f"attachment; filename=\"paper.{form}\"; filename*=UTF-8''{quote(name)}.{form}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return Response(made, media_type=form.media_type, headers=headers)
