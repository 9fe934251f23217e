#!/usr/bin/env python3
"""A TCP proxy between each two nodes, in a process of its own, so that the clients' work does not slow the peers' links down.

The node with the smaller id dials, so each pair has one proxied connection at a time, and what happens to it happens to the pair.
A link has two directions, 0 from the dialler and 1 to it. A fault holds for a direction until it is lifted:

- cut: nothing passes. What was sent waits, as TCP would send it again; `reset` tells the other possible end, a connection given up.
- delay: each piece passes so much later, in order.
- rate: bytes per second.
- stall: nothing passes in bursts, which is what lost packets do to TCP seen from above. A proxy can lose none.

A new connection is not joined while either direction is cut: no handshake passes a one-way partition.

Run by Proxies as `proxy.py`: commands as JSON lines on standard input, one answer line each. It ends with its input.
"""
import asyncio
import json
import random
import subprocess
import sys
import threading

PIECE = 64 << 10
WAITING_MAX = 64  # pieces under way in a delayed direction, after which nothing more is read: then the sender feels it


class Direction:
    def __init__(self):
        self.clear()

    def clear(self):
        self.cut, self.delay, self.rate, self.stalls = False, 0.0, 0, None
        self.stalled_until = 0.0

    def waits(self, now):
        """Whether nothing may pass at this moment."""
        if self.stalls and now >= self.stalled_until + self.stalls[1]:
            self.stalled_until = now + self.stalls[0] * random.random()
        return self.cut or now < self.stalled_until


class Link:
    """One pair: listens for the node that dials, dials the one that listens."""

    def __init__(self, host, target):
        self.host, self.target = host, target
        self.directions = (Direction(), Direction())
        self.connections = set()  # of writers
        self.moved = [0, 0]       # bytes by direction

    async def open(self):
        self.server = await asyncio.start_server(self.joined, self.host, 0, limit=PIECE)
        return self.server.sockets[0].getsockname()[1]

    async def passable(self, *directions):
        loop = asyncio.get_running_loop()
        while any(direction.waits(loop.time()) for direction in directions):
            await asyncio.sleep(0.002)

    async def joined(self, reader, writer):
        self.connections.add(writer)
        try:
            await self.passable(*self.directions)
            there_reader, there_writer = await asyncio.open_connection(*self.target, limit=PIECE)
        except OSError:
            return self.drop(writer)
        self.connections.add(there_writer)
        pumps = [asyncio.ensure_future(self.pump(0, reader, there_writer)), asyncio.ensure_future(self.pump(1, there_reader, writer))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        self.drop(writer)
        self.drop(there_writer)

    def drop(self, writer):
        self.connections.discard(writer)
        writer.transport.abort()

    async def pump(self, way, reader, writer):
        """Reads on one side, writes on the other at each piece's time."""
        loop, direction, pieces = asyncio.get_running_loop(), self.directions[way], asyncio.Queue(WAITING_MAX)

        async def deliver():
            while True:
                at, piece = await pieces.get()
                if at > loop.time():
                    await asyncio.sleep(at - loop.time())
                if direction.rate:
                    await asyncio.sleep(len(piece) / direction.rate)
                await self.passable(direction)
                writer.write(piece)
                self.moved[way] += len(piece)
                await writer.drain()

        async def take():
            while piece := await reader.read(PIECE):
                await pieces.put((loop.time() + direction.delay, piece))

        parts = [asyncio.ensure_future(deliver()), asyncio.ensure_future(take())]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
                if part.done() and not part.cancelled():
                    part.exception()  # a connection's end is no news

    def command(self, what, ways=(0, 1), **values):
        if what == "reset":
            for writer in list(self.connections):
                self.drop(writer)
        elif what == "moved":
            return self.moved
        else:
            for way in ways:
                if what == "heal":
                    self.directions[way].clear()
                for name, value in values.items():
                    setattr(self.directions[way], name, value)
        return True


async def serve():
    links = {}
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        command = json.loads(line)
        name, what = command.pop("link"), command.pop("what")
        if what == "open":
            links[name] = Link(command["host"], tuple(command["target"]))
            answer = await links[name].open()
        else:
            answer = links[name].command(what, **command)
        print(json.dumps(answer), flush=True)


class Proxies:
    """The proxy's process, from the side that gives the orders. Any thread."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lock = threading.Lock()

    def order(self, link, what, **values):
        with self.lock:
            self.process.stdin.write(json.dumps({"link": link, "what": what, **values}) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())

    def open(self, link, host, target):
        """The port on which the link's dialler finds it."""
        return self.order(link, "open", host=host, target=target)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()


if __name__ == "__main__":
    asyncio.run(serve())
