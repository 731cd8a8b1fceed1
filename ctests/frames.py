"""RFC 6455 frames as a test needs them: any frame, legal or not, can be built; client frames are taken apart and checked."""

import base64
import hashlib
import random
import struct

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(opcode, payload=b"", fin=True, rsv=0, mask=None, length=None, length_bytes=None):
    """A frame as a server sends it. `length` lies about the payload's size, `length_bytes` (0, 2, 8) about its encoding."""
    size = len(payload) if length is None else length
    if length_bytes is None:
        length_bytes = 0 if size < 126 else 2 if size < 65536 else 8
    mask_bit = 0x80 if mask is not None else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if length_bytes == 0:
        head += bytes([mask_bit | size])
    elif length_bytes == 2:
        head += bytes([mask_bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([mask_bit | 127]) + struct.pack(">Q", size)
    if mask is None:
        return head + payload
    return head + mask + masked(payload, mask)


def close_frame(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


def masked(payload, mask):
    """Masks or unmasks."""
    size = len(payload)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


def accept_for(key):
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


def pattern(size, seed=0):
    """What the driver makes of `pattern:SIZE:SEED`."""
    block = bytes((i + seed) % 251 for i in range(251))
    return (block * (size // 251 + 1))[:size]


def mixed_frames(seed):
    """A server's stream of everything that is legal: its bytes, and what is to be delivered as (flags, payload) in order."""
    draw = random.Random(seed)
    wire, due = b"", []
    for _ in range(300):
        size = draw.choice([0, 1, 16, 16, 16, 124, 125, 126, 127, 1000, 40_000, 70_000])
        payload = pattern(size)
        match draw.choice(["whole"] * 12 + ["fragments", "ping", "pong"]):
            case "whole":
                opcode = draw.choice([TEXT, BINARY])
                wire += frame(opcode, payload)
                due.append(("text" if opcode == TEXT else "binary", payload))
            case "fragments":
                wire += frame(TEXT, payload, fin=False) + frame(PING, b"between") + frame(CONT, b"end")
                due += [("text+cont", payload), ("text", b"end")]
            case "ping":
                wire += frame(PING, payload[:125])
            case "pong":
                wire += frame(PONG, payload[:125])
                due.append(("pong", payload[:125]))
    return wire + frame(CLOSE), due + [("close", b"")]


class Frame:
    """A frame that the client sent."""

    def __init__(self, opcode, payload, fin, rsv, mask, head_size):
        self.opcode, self.payload, self.fin, self.rsv, self.mask, self.head_size = opcode, payload, fin, rsv, mask, head_size

    @property
    def key(self):
        """What a test compares: opcode, FIN bit and payload."""
        return (self.opcode, self.fin, self.payload)

    def __repr__(self):
        shown = self.payload if len(self.payload) < 60 else self.payload[:60] + b"..."
        return f"Frame(opcode={self.opcode}, fin={self.fin}, rsv={self.rsv}, {len(self.payload)} bytes {shown!r})"


def parse_client_frame(data):
    """The first frame of `data` and how many bytes it took, or None when it is not complete. A frame that a client must not send
    (not masked, length in more bytes than needed) is an AssertionError."""
    if len(data) < 2:
        return None
    fin, rsv, opcode = bool(data[0] & 0x80), (data[0] >> 4) & 7, data[0] & 15
    assert data[1] & 0x80, f"client frame without mask: {bytes(data[:16])!r}"
    size, at = data[1] & 0x7F, 2
    if size == 126:
        if len(data) < 4:
            return None
        size, at = struct.unpack(">H", data[2:4])[0], 4
        assert size > 125, "length not minimal"
    elif size == 127:
        if len(data) < 10:
            return None
        size, at = struct.unpack(">Q", data[2:10])[0], 10
        assert size > 65535, "length not minimal"
    if len(data) < at + 4 + size:
        return None
    mask = bytes(data[at : at + 4])
    payload = masked(bytes(data[at + 4 : at + 4 + size]), mask)
    return Frame(opcode, payload, fin, rsv, mask, at + 4), at + 4 + size
