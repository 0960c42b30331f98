"""Takes the network from a Python process whose PYTHONPATH names this folder: only this machine can be reached.

What was tried all the same is written to the file that OFFLINE_LOG names.
"""

import os
import socket
from pathlib import Path

_connect, _connect_ex, _getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
_HERE = ("127.", "::1", "localhost", "0.0.0.0")


def _check(address):
    host = address[0] if isinstance(address, tuple) else ""
    host = host.decode() if isinstance(host, bytes) else str(host or "")
    if host and not host.startswith(_HERE):
        with Path(os.environ["OFFLINE_LOG"]).open("a") as log:
            log.write(f"{address}\n")
        raise OSError("the network is blocked")


def connect(self, address):
    _check(address)
    return _connect(self, address)


def connect_ex(self, address):
    _check(address)
    return _connect_ex(self, address)


def getaddrinfo(host, *arguments, **named):
    _check((host,))
    return _getaddrinfo(host, *arguments, **named)


socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo = connect, connect_ex, getaddrinfo
