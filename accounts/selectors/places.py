"""Where a network is, if the operator says so: ``EID_LOCATION_FILE``, read once.

A CSV file in UTF-8 with the columns ``network;place_vi;place_en``; the longest prefix that holds a network wins.
"""

import csv
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language

Network = IPv4Network | IPv6Network
_COLUMNS = ["network", "place_vi", "place_en"]


class NotALocationFile(Exception):
    """The operator's file cannot be read; the message names the line."""


def load() -> None:
    """Read the file, so that a wrong one stops the start and no page.

    Raises:
        NotALocationFile: see the class.
        OSError: there is no such file.
    """
    _load(settings.LOCATION_FILE)


def place_of(network: str) -> str:
    """The place of a network in the language now active; empty if nobody says."""
    places = _load(settings.LOCATION_FILE)
    if not places or not network:
        return ""
    wanted = ip_network(network)
    prefixes = places.get(wanted.version, {})
    for prefix in sorted(prefixes, reverse=True):
        if prefix > wanted.prefixlen:
            continue
        found = prefixes[prefix].get(wanted.supernet(new_prefix=prefix))
        if found:
            return found[1] if get_language() == "en" else found[0]
    return ""


@cache
def _load(file: str) -> dict[int, dict[int, dict[Network, tuple[str, str]]]]:
    """Places by IP version and length of prefix.

    Raises:
        NotALocationFile: see the class.
    """
    places: dict[int, dict[int, dict[Network, tuple[str, str]]]] = {}
    if not file:
        return places
    with Path(file).open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, delimiter=";")
        if rows.fieldnames != _COLUMNS:
            raise NotALocationFile(f"the first line must be {';'.join(_COLUMNS)}")
        for row in rows:
            try:
                network = ip_network(row["network"].strip())
            except ValueError:
                raise NotALocationFile(f"line {rows.line_num}: no network") from None
            by_prefix = places.setdefault(network.version, {}).setdefault(network.prefixlen, {})
            by_prefix[network] = (row["place_vi"] or "", row["place_en"] or "")
    return places
