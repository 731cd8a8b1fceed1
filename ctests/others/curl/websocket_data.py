"""curl's WebSocket tests as they are for this library: `websocket_data.py DATA-FOLDER NEW-FOLDER`. Random bytes are zero here (zero_random.c).

What is changed is what this library does otherwise: each function has one reason."""

import re
import shutil
import sys
from pathlib import Path

PROTOCOL = re.compile(r"(<protocol[^>]*>\n)(.*?)(\n</protocol>)", re.DOTALL)


def random_bytes(text):
    """The debugging code of libcurl makes the nonce "4321532163217321" and the masking key "8321"."""
    return text.replace("NDMyMTUzMjE2MzIxNzMyMQ==", "AAAAAAAAAAAAAAAAAAAAAA==").replace("8321]hex", "%00%00%00%00]hex")


def accept(text):
    """Sec-WebSocket-Accept is checked, and that of the tests belongs to no nonce of theirs."""
    return text.replace("HkPsVga7+8LuxM4RGQ5p9tZHeYs=", "ICX+Yqv66kxgM0FcWaLWlFLwTAI=")


def order(text):
    """Connection is the last header of the request, as in newer versions of libcurl."""
    return re.sub(r"(Connection: Upgrade\r?\n)(Sec-WebSocket-Version: .*\nSec-WebSocket-Key: .*\n)", r"\2\1", text)


def violation(text):
    """The connection is failed with a Close frame, status code 1002 (RFC 6455 section 7.1.7)."""
    if "\nws: Invalid " not in text:
        return text
    return PROTOCOL.sub(r"\1\2%hex[%88%82%00%00%00%00%03%ea]hex%\3", text)


def end_of_stream(text):
    """A connection that ends inside the response head is CURLE_GOT_NOTHING. (libcurl says CURLE_OK.)"""
    if "\n# Close connection during websocket upgrade\n" not in text:
        return text
    return text.replace("</verify>", "<errorcode>\n52\n</errorcode>\n</verify>")


def main(source, target):
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    shutil.copy(source / "DISABLED", target)
    for path in source.glob("test*"):
        text = path.read_bytes().decode("latin-1")
        if "\nWebSockets\n" in text:
            for change in (random_bytes, accept, order, violation, end_of_stream):
                text = change(text)
            (target / path.name).write_bytes(text.encode("latin-1"))


main(*map(Path, sys.argv[1:]))
