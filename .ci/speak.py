"""Make the spoken clips of the duty desk out of its messages: needs espeak-ng and opusenc, which are no part of it.

`python .ci/speak.py` writes `assets/sounds/<clip>.ogg`, and `clips.json`, which says what each says and how long it is;
a test holds both against the messages. Made once and kept in the repository: nobody needs these programs to run it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
SOUNDS = ROOT / "assets" / "sounds"
CLIPS = ("red", "orange", "lost", "signal", "urgent", "muted")
VOICE = ("-v", "cmn-latn-pinyin", "-s", "150", "-g", "1", "-a", "90")  # reads characters by their pinyin, with tones


def main() -> int:
    """Write every clip. Exit code."""
    words = yaml.safe_load((ROOT / "core" / "messages" / "duty.yaml").read_text("utf-8"))
    made = {clip: _made(clip, words[f"say_{clip}"]["zh"]) for clip in CLIPS}
    (SOUNDS / "clips.json").write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


def _made(clip: str, said: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        subprocess.run(["espeak-ng", *VOICE, "-w", str(spoken), said], check=True)
        encoder = ["opusenc", "--quiet", "--bitrate", "24", "--discard-comments", "--serial", "1"]
        subprocess.run([*encoder, str(spoken), str(SOUNDS / f"{clip}.ogg")], check=True)
        with wave.open(str(spoken)) as file:
            return {"says": said, "seconds": round(file.getnframes() / file.getframerate(), 2)}


if __name__ == "__main__":
    sys.exit(main())
