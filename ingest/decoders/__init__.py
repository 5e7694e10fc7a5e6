"""From one message to readings and events: one wire format a file, named in `Feed.decoder`."""

from collections.abc import Mapping
from types import MappingProxyType

from ingest.decoders import frigate, jpeg, native
from ingest.decoders.contract import Decoder

DECODERS: Mapping[str, Decoder] = MappingProxyType(
    {"native": native.decode, "frigate": frigate.decode, "jpeg": jpeg.decode}
)
