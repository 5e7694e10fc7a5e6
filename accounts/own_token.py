"""What the processes of this installation show at its own doors: the probe looks at the live picture as a client does.

It stands in no database: it is derived from the key of the installation, which all its processes have anyway.
"""

from __future__ import annotations

from accounts.bearer import Bearer, Grant
from accounts.sealing import PREFIX, seal_of
from core.accounts import Reach, Role, Sensitivity
from core.settings import Settings

OWN = Bearer("installation", (Grant(Role.WALL, Reach(sensitivity=Sensitivity.RESTRICTED), "installation"),))


def own_token(settings: Settings) -> str:
    """The secret of `OWN`."""
    return PREFIX + seal_of(settings.key, settings.var).derived("own token")
