"""Echo servers with compression, made of the package `websockets`. Each argument, `BITS:TAKEOVER`, is one: window size and whether context
is taken over. Prints a port for each, and serves until its standard input ends."""

import asyncio
import logging
import sys

from websockets.asyncio.server import serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


def factory(setting):
    bits, takeover = (int(part) for part in setting.split(":"))
    return ServerPerMessageDeflateFactory(
        server_no_context_takeover=not takeover,
        client_no_context_takeover=not takeover,
        server_max_window_bits=max(bits, 9),  # it has no smaller window of its own
        client_max_window_bits=bits,
        require_client_max_window_bits=True,
    )


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def main(settings):
    servers = [
        await serve(echo, "127.0.0.1", 0, max_size=None, ping_interval=None, compression=None, extensions=[factory(setting)])
        for setting in settings
    ]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for server in servers:
        server.close(close_connections=True)


logging.disable(logging.ERROR)
asyncio.run(main(sys.argv[1:]))
