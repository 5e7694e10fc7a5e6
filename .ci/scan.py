"""What must not be here: known holes in the packages that we stand on, and secrets in files under version control.

    python .ci/scan.py              both
    python .ci/scan.py --release    the same, and every package must have been asked about
    python .ci/scan.py --accept     look at every secret that was found, then keep them in .ci/secrets.json as known

Exit codes: 0, nothing was found; 1, something was; 2, a package could not be asked about, and this is a release. Else a
database of holes that is out of reach is said, with the reason, and passes: builds without internet scan for secrets
too. Which database is asked is for the variables of pip-audit to say (`docs/accounts.md`).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parent.parent
KNOWN = ROOT / ".ci" / "secrets.json"  # what looks like a secret and is none: file → digests
FAILS = "A release needs an answer: scan again where a database of holes is in reach"
PASSES = "This build passes without an answer; `RELEASE=1 .ci/run` does not"
CLEAN, FOUND, NOT_ASKED = 0, 1, 2  # exit codes
NOT_TEXT = {".woff2", ".svg", ".gz", ".parquet", ".png", ".xlsx"}
OURS = re.compile(r"cityvitals_[A-Za-z0-9_-]{43}")  # a token, as `accounts/tokens.py` makes them
LOOKED_FOR = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "CloudantDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)
ENTROPY = ({"name": "Base64HighEntropyString", "limit": 4.5}, {"name": "HexHighEntropyString", "limit": 3.0})


def secrets_in(files: Iterable[Path]) -> Iterator[tuple[Path, int, str, str]]:
    """(file, line, kind, digest) of whatever looks like a secret."""
    plugins = [*({"name": name} for name in LOOKED_FOR), *ENTROPY]
    with transient_settings({"plugins_used": plugins}):
        for file in files:
            for found in scan_file(str(file)):
                yield file, found.line_number, found.type, found.secret_hash
            for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), start=1):
                if OURS.search(line):
                    yield file, number, "Token of CityVitals", "never known"


class Holes(NamedTuple):
    """A sentence for each known hole; how many packages were asked about, how many could not be, and why not."""

    found: list[str]
    asked: int
    unasked: int
    why: str = ""


def holes(pinned: Path = ROOT / "constraints.txt") -> Holes:
    """Known holes in the pinned packages. Raises RuntimeError: pip-audit itself is not there."""
    asked = [sys.executable, "-m", "pip_audit", "-r", str(pinned), "--no-deps", "--disable-pip", "-f", "json"]
    told = subprocess.run([*asked, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        all_of_them = json.loads(told.stdout)["dependencies"]
    except ValueError:  # it could not begin, or its database broke off
        said = told.stderr.strip().splitlines() or ["it said nothing"]
        if "No module named" in said[-1]:
            raise RuntimeError(said[-1]) from None
        return Holes([], 0, sum("==" in line for line in pinned.read_text("utf-8").splitlines()), said[-1][:200])
    packages = [one for one in all_of_them if "skip_reason" not in one]
    skipped = [one["skip_reason"] for one in all_of_them if "skip_reason" in one]
    found = [
        f"{one['name']} {one['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for one in packages
        for hole in one["vulns"]
    ]
    return Holes(found, len(packages), len(skipped), (skipped or [""])[0])


def tracked() -> list[Path]:
    """The text files under version control."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = (ROOT / name for name in names.split("\0") if name)
    return [file for file in files if file.suffix not in NOT_TEXT and file.is_file() and file != KNOWN]


def main() -> int:
    """Print what was found. Exit code."""
    found = [(str(file.relative_to(ROOT)), *rest) for file, *rest in secrets_in(tracked())]
    if "--accept" in sys.argv:
        known: dict[str, list[str]] = {}
        for file, _, _, digest in found:
            known.setdefault(file, []).append(digest)
        KNOWN.write_text(
            json.dumps({file: sorted(set(known[file])) for file in sorted(known)}, indent=1) + "\n", "utf-8"
        )
        return 0
    known = json.loads(KNOWN.read_text("utf-8"))
    new = [f"{file}:{line}: {kind}" for file, line, kind, digest in found if digest not in known.get(file, ())]
    known_holes, must_ask = holes(), "--release" in sys.argv
    for problem in (*new, *known_holes.found):
        print(problem)
    if known_holes.unasked:
        print(f"NOT RUN: whether {known_holes.unasked} packages have known holes; pip-audit says: {known_holes.why}")
        print(FAILS if must_ask else PASSES)
    print(f"{len(new)} new secrets, {len(known_holes.found)} known holes in {known_holes.asked} packages")
    if new or known_holes.found:
        return FOUND
    return NOT_ASKED if must_ask and known_holes.unasked else CLEAN


if __name__ == "__main__":
    sys.exit(main())
