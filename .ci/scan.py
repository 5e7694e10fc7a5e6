"""What must not be here: known holes in the packages that we stand on, and secrets in files under version control.

    python .ci/scan.py              both; exit code 1 when anything was found
    python .ci/scan.py --accept     look at every secret that was found, then keep them in .ci/secrets.json as known

A database of holes that cannot be reached is said and is no reason to fail: builds without internet scan too. Which one
is asked is for the variables of pip-audit to say (`docs/accounts.md`).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parent.parent
KNOWN = ROOT / ".ci" / "secrets.json"  # what looks like a secret and is none: file → digests
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


def holes(pinned: Path = ROOT / "constraints.txt") -> tuple[list[str], int, int]:
    """A sentence for each known hole in a pinned package; how many packages were asked about, how many could not be."""
    asked = [sys.executable, "-m", "pip_audit", "-r", str(pinned), "--no-deps", "--disable-pip", "-f", "json"]
    told = subprocess.run([*asked, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        all_of_them = json.loads(told.stdout)["dependencies"]
    except ValueError:  # it could not begin, or its database broke off
        return [], 0, len(pinned.read_text("utf-8").split())
    packages = [one for one in all_of_them if "skip_reason" not in one]
    found = [
        f"{one['name']} {one['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for one in packages
        for hole in one["vulns"]
    ]
    return found, len(packages), len(all_of_them) - len(packages)


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
    broken, asked, unasked = holes()
    for problem in (*new, *broken):
        print(problem)
    if unasked:
        print(f"NOT RUN: known holes in {unasked} packages, of which no database can be reached from here (pip-audit)")
    print(f"{len(new)} new secrets, {len(broken)} known holes in {asked} packages")
    return bool(new or broken)


if __name__ == "__main__":
    sys.exit(main())
