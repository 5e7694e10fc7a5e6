"""The only home of ids: `topic-part` in kebab case. Scripts in `assets/` name the same ones; a test compares them."""

from __future__ import annotations

# Shell: what every page has.
SHELL_ADDRESS = "shell-address"
SHELL_SITE = "shell-site"
SHELL_PAGE = "shell-page"
SHELL_STALE_BAR = "shell-stale-bar"

# Wall: places that `assets/wall.js` fills.
WALL_SITE = "wall-site"
WALL_BOUNDARIES = "wall-boundaries"
WALL_IDENTITY = "wall-identity"
WALL_IN_FORCE = "wall-in-force"
WALL_CLOCK = "wall-clock"
WALL_CHAIN = "wall-chain"
WALL_CITY = "wall-city"
WALL_DOMAINS = "wall-domains"
WALL_MAP = "wall-map"
WALL_MAP_LAYERS = "wall-map-layers"
WALL_MAP_FILL = "wall-map-fill"
WALL_MAP_LEGEND = "wall-map-legend"
WALL_MAP_SOURCE = "wall-map-source"
WALL_MAP_CHOSEN = "wall-map-chosen"
WALL_TREND_HEADING = "wall-trend-heading"
WALL_TREND = "wall-trend"
WALL_WARNINGS_TITLE = "wall-warnings-title"
WALL_WARNINGS = "wall-warnings"
WALL_NO_WARNINGS = "wall-no-warnings"
WALL_EVENTS = "wall-events"
WALL_SOURCES = "wall-sources"
WALL_FOOTER = "wall-footer"

# Desk: the pages below /indicators.
DESK_SITE = "desk-site"
DESK_IDENTITY = "desk-identity"
DESK_CLOCK = "desk-clock"
DESK_CHAIN = "desk-chain"
DESK_REVISION = "desk-revision"
DESK_BODY = "desk-body"
DESK_TREND = "desk-trend"
DESK_TREND_PROPS = "desk-trend-props"
DESK_TREND_DRAWN = "desk-trend-drawn"
