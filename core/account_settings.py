"""The rows of the table of settings that concern accounts: database, passwords, sessions, sign-in, audit."""

from __future__ import annotations

from dataclasses import dataclass

from core.setting import Setting, flag, networks, one_of, some_of, url, whole, words

_WEB = url("https", "http")

ACCOUNT_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "accounts",
        "CITYVITALS_ACCOUNTS",
        "1",
        flag,
        "",
        "1: every door asks who comes; 0: whoever reaches the port may look at everything and send readings.",
    ),
    Setting(
        "tls_certificate",
        "CITYVITALS_TLS_CERTIFICATE",
        "",
        words,
        "",
        "File with the certificate of the website and those that vouch for it, PEM; empty: no TLS, or that of a proxy.",
    ),
    Setting("tls_key", "CITYVITALS_TLS_KEY", "", words, "", "File with its key, PEM, without a pass phrase."),
    Setting(
        "sign_in_per_min",
        "CITYVITALS_SIGN_IN_PER_MIN",
        "60",
        whole(1, 1_000_000),
        "",
        "Steps of signing in that one address may take a minute; further ones are sent away.",
    ),
    Setting(
        "api_per_min",
        "CITYVITALS_API_PER_MIN",
        "6000",
        whole(1, 100_000_000),
        "",
        "Requests that one token or person may send to the API a minute; further ones are sent away.",
    ),
    Setting(
        "database_url",
        "DATABASE_URL",
        "",
        words,
        "",
        "SQL database, `postgresql://user:password@host/name` or `sqlite:///file`; empty: SQLite in the folder above.",
        True,
    ),
    Setting(
        "key",
        "CITYVITALS_KEY",
        "",
        words,
        "",
        "Key that seals second factors; empty: a file in the folder above. Several machines share one.",
        True,
    ),
    Setting("session_h", "CITYVITALS_SESSION_H", "12", whole(1, 72), "h", "Longest time from sign-in to sign-in."),
    Setting(
        "session_idle_min",
        "CITYVITALS_SESSION_IDLE_MIN",
        "30",
        whole(1, 24 * 60),
        "min",
        "A session not used for so long can act no more; picture and sound stay.",
    ),
    Setting(
        "password_length", "CITYVITALS_PASSWORD_LENGTH", "10", whole(8, 64), "characters", "Shortest password taken."
    ),
    Setting(
        "password_days", "CITYVITALS_PASSWORD_DAYS", "90", whole(1, 3650), "d", "After so long a password must change."
    ),
    Setting(
        "password_history",
        "CITYVITALS_PASSWORD_HISTORY",
        "5",
        whole(1, 24),
        "",
        "The last so many passwords are refused.",
    ),
    Setting("lock_after", "CITYVITALS_LOCK_AFTER", "5", whole(3, 20), "", "Failed sign-ins that lock a login."),
    Setting("lock_min", "CITYVITALS_LOCK_MIN", "15", whole(1, 24 * 60), "min", "How long a login stays locked."),
    Setting(
        "audit_digest",
        "CITYVITALS_AUDIT_DIGEST",
        "sha256",
        one_of("sha256", "sm3"),
        "",
        "Digest that chains new rows of the audit; old rows keep theirs.",
    ),
    Setting(
        "sign_in",
        "CITYVITALS_SIGN_IN",
        "password",
        some_of("password", "ldap", "oidc", "oauth2", "cas", "proxy"),
        "",
        "Ways to sign in, with commas between them: password, ldap, oidc, oauth2, cas, proxy.",
    ),
    Setting("ldap_url", "CITYVITALS_LDAP_URL", "", url("ldaps", "ldap"), "", "LDAP or Active Directory server."),
    Setting("ldap_base", "CITYVITALS_LDAP_BASE", "", words, "", "Where people are looked for: `ou=people,dc=city`."),
    Setting(
        "ldap_filter",
        "CITYVITALS_LDAP_FILTER",
        "(uid={login})",
        words,
        "",
        "How a login is found; Active Directory: `(sAMAccountName={login})`.",
    ),
    Setting("ldap_user", "CITYVITALS_LDAP_USER", "", words, "", "Who may look there; empty: anybody may."),
    Setting("ldap_password", "CITYVITALS_LDAP_PASSWORD", "", words, "", "His password.", True),
    Setting("oidc_issuer", "CITYVITALS_OIDC_ISSUER", "", _WEB, "", "OpenID Connect provider."),
    Setting("oidc_client", "CITYVITALS_OIDC_CLIENT", "", words, "", "Our name at the OIDC provider or OAuth 2 portal."),
    Setting("oidc_secret", "CITYVITALS_OIDC_SECRET", "", words, "", "Our secret there.", True),
    Setting(
        "oauth2_authorize", "CITYVITALS_OAUTH2_AUTHORIZE", "", _WEB, "", "Portal with plain OAuth 2: sign-in page."
    ),
    Setting("oauth2_token", "CITYVITALS_OAUTH2_TOKEN", "", _WEB, "", "Where it changes the code for a token."),
    Setting("oauth2_profile", "CITYVITALS_OAUTH2_PROFILE", "", _WEB, "", "Where it says who somebody is, as JSON."),
    Setting(
        "oauth2_subject", "CITYVITALS_OAUTH2_SUBJECT", "sub", words, "", "Field of that JSON that names the person."
    ),
    Setting("cas_url", "CITYVITALS_CAS_URL", "", _WEB, "", "CAS server, as far as its `/login`."),
    Setting(
        "proxy_header",
        "CITYVITALS_PROXY_HEADER",
        "",
        words,
        "",
        "Header in which a proxy names the person: `X-Remote-User`, or a subject of client certificates.",
    ),
    Setting(
        "proxy_trusted",
        "CITYVITALS_PROXY_TRUSTED",
        "",
        networks,
        "",
        "Addresses of the proxies whose headers are believed, with commas between them.",
    ),
)


@dataclass(frozen=True, repr=False)  # what shows them hides the secrets
class AccountSettings:
    """The fields that these rows become."""

    accounts: bool
    tls_certificate: str
    tls_key: str
    sign_in_per_min: int
    api_per_min: int
    database_url: str
    key: str
    session_h: int
    session_idle_min: int
    password_length: int
    password_days: int
    password_history: int
    lock_after: int
    lock_min: int
    audit_digest: str
    sign_in: str
    ldap_url: str
    ldap_base: str
    ldap_filter: str
    ldap_user: str
    ldap_password: str
    oidc_issuer: str
    oidc_client: str
    oidc_secret: str
    oauth2_authorize: str
    oauth2_token: str
    oauth2_profile: str
    oauth2_subject: str
    cas_url: str
    proxy_header: str
    proxy_trusted: str
