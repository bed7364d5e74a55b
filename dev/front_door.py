"""One address in front of an Odoo with workers, as nginx is in production: websockets to the gevent port, the rest to the workers.

For tests and demos: a connection goes where its first request belongs, and no further look is taken at it.
"""

import asyncio
import contextlib
import threading

HOST = "127.0.0.1"


async def _pump(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _guest(reader, writer, web, live):
    try:
        head = await reader.readuntil(b"\r\n")
        path = head.split(b" ")[1]
        there, out = await asyncio.open_connection(HOST, live if path.startswith(b"/websocket") else web)
    except (OSError, IndexError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        writer.close()
        return
    out.write(head)
    await asyncio.gather(_pump(reader, out), _pump(there, writer))


def serve(port, web, live):
    """Listen on `port` in a thread of this process, for as long as it lives."""

    async def run():
        server = await asyncio.start_server(lambda r, w: _guest(r, w, web, live), HOST, port)
        ready.set()
        await server.serve_forever()

    ready = threading.Event()
    threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()
    ready.wait(10)
