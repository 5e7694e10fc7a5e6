#!/usr/bin/env bash
# Make a virtual environment with the first Python 3.11 or 3.12 that really runs here.
set -u
for candidate in "${PYTHON:-}" python3.11 python3.12 python3; do
    [ -n "$candidate" ] || continue
    "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null || continue
    "$candidate" -c 'import ensurepip, venv' 2>/dev/null || {
        echo "CityVitals: $candidate cannot make a virtual environment; install it first: apt-get install python3-venv" >&2
        exit 1
    }
    exec "$candidate" -m venv "$1"
done
echo "CityVitals: no Python 3.11 or 3.12 found (python3 is $(python3 --version 2>&1 || echo missing)); install one, or name it: make run PYTHON=/path/to/python3.11" >&2
exit 1
