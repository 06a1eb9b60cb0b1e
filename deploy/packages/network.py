"""Whether a program that fetches failed for want of a network: pip and npm say that in many ways."""

import re

_PIP = "NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|ProtocolError|RemoteDisconnected"
"""Names that do not resolve, hosts and proxies that do not answer, lines that are cut. As in requirements/install."""
_NPM = "ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED"
_AND_YET = "DO NOT MATCH THE HASHES"


def no_network(said: str) -> bool:
    """Whether what pip or npm said, warnings included, means that the network was not there."""
    return _AND_YET not in said and re.search(rf"\b(?:{_PIP}|{_NPM})\b", said) is not None
