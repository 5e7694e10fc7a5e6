#!/usr/bin/env bash
# Bring what the proofs need beside Python packages, or say exactly which proofs are left out and why.
set -u
programs=(chromium mosquitto nginx openssl pg_ctlcluster slapd)
declare -A package=([chromium]=chromium-headless-shell [mosquitto]=mosquitto [nginx]=nginx [openssl]=openssl [pg_ctlcluster]=postgresql [slapd]=slapd)
declare -A left_out=([chromium]="tests/browser (headless Chromium)" [mosquitto]="tests marked mosquitto" [nginx]="tests marked nginx (the browser suite under /cityvitals/ behind TLS)" [openssl]="tests marked nginx (their certificate)" [pg_ctlcluster]="tests marked postgresql" [slapd]="tests marked slapd (sign-in through LDAP)")
PATH="$PATH:/usr/sbin"
present() {  # Chromium counts in either of Debian's packages
    command -v "$1" >/dev/null || { [ "$1" = chromium ] && command -v chromium-headless-shell >/dev/null; }
}
headless() {  # the whole browser does too, at 2.6 times the processor time: see tests/browser/conftest.py
    command -v chromium-headless-shell >/dev/null \
        || compgen -G "${PLAYWRIGHT_BROWSERS_PATH:-$HOME/.cache/ms-playwright}/chromium_headless_shell-*" >/dev/null
}
missing=()
for program in "${programs[@]}"; do
    present "$program" || missing+=("$program")
done
within_s=300
if [[ " ${missing[*]:-} " != *" chromium "* ]] && ! headless; then  # it can be done without
    [ ${#missing[@]} -gt 0 ] || within_s=60
    missing+=(chromium)
fi
if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null; then
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo -n"
    if [ -z "$sudo" ] || $sudo true 2>/dev/null; then
        echo "Installing for the tests: ${missing[*]}"
        $sudo timeout $within_s apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends \
            $(for program in "${missing[@]}"; do echo "${package[$program]}"; done) >/dev/null
    fi
fi
for program in "${programs[@]}"; do
    present "$program" && continue
    echo "NOT RUN: ${left_out[$program]}, because $program is not installed (apt-get install ${package[$program]})"
    [ "${CI:-}" = true ] && exit 1
done
exit 0
