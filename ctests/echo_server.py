"""An echo server made of the package `websockets`: code that neither library shares. `python echo_server.py [CERT_AND_KEY.pem]` prints its port
and serves until its standard input ends. Paths: `/echo` echoes; `/pings` also sends a ping before and after each message; `/fragments`
answers each message in pieces of 1,000; `/count` tells how many messages came before a text "count"; `/greeting` says hello and closes."""

import asyncio
import logging
import ssl
import sys

from websockets.asyncio.server import serve


async def handle(connection):
    path = connection.request.path
    count = 0
    if path == "/greeting":
        await connection.send("hello")
        return
    async for message in connection:
        if path == "/count":
            count += 1
            if message == "count":
                await connection.send(str(count - 1))
        elif path == "/fragments":
            await connection.send(message[i : i + 1000] for i in range(0, max(1, len(message)), 1000))
        else:
            if path == "/pings":
                await connection.ping()
            await connection.send(message)
            if path == "/pings":
                await connection.ping()


async def main(pem):
    context = None
    if pem:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
    async with serve(handle, "127.0.0.1", 0, ssl=context, max_size=None, ping_interval=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        server.close(close_connections=True)


logging.disable(logging.ERROR)
asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
