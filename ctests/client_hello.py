"""What a client offers in its ClientHello (RFC 8446 section 4.1.2)."""

import struct

from driver import SSL_CONNECT

ALPN = 16


def vector(data, at, width):
    """The vector whose length is in `width` bytes at `at`, and where the next field begins."""
    start = at + width
    end = start + int.from_bytes(data[at:start], "big")
    assert end <= len(data)
    return data[start:end], end


def read_extensions(conn):
    """The extensions of the ClientHello that comes first on a TCP connection, by number."""
    message = b""
    while len(message) < 4 or len(message) < 4 + int.from_bytes(message[1:4], "big"):
        kind, _, length = struct.unpack("!BHH", conn.read_exactly(5))
        assert kind == 22
        message += conn.read_exactly(length)
    assert message[0] == 1
    hello = message[4:]
    at = 2 + 32
    for width in (1, 2, 1):  # session id, cipher suites, compression methods
        _, at = vector(hello, at, width)
    fields, end = vector(hello, at, 2)
    assert end == len(hello)
    extensions, at = {}, 0
    while at < len(fields):
        number = int.from_bytes(fields[at : at + 2], "big")
        extensions[number], at = vector(fields, at + 2, 2)
    return extensions


def read_alpn(conn):
    """The protocols that are offered (RFC 7301 section 3.1), or None."""
    extension = read_extensions(conn).get(ALPN)
    if extension is None:
        return None
    names, at = vector(extension, 0, 2)
    protocols, at = [], 0
    while at < len(names):
        name, at = vector(names, at, 1)
        protocols.append(name.decode())
    return protocols


def perform_and_read_alpn(drv, srv):
    """The same of a transfer to a server that closes the connection then."""
    drv.begin("perform")
    conn = srv.accept()
    protocols = read_alpn(conn)
    conn.close()
    assert drv.end().code == SSL_CONNECT
    return protocols
