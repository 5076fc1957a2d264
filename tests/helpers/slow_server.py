"""A service for texts on the loopback interface that is slow, fails, limits its rate and counts, with clients of it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import urllib.request
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MINUTE = 60.0


class FakeClock:
    """A clock that is moved on by those who wait."""

    def __init__(self) -> None:
        self.time = 1000.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        with self._lock:
            self.time += seconds
        await asyncio.sleep(0)


class ServiceError(Exception):
    """An answer that is none, with what the server said."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        super().__init__(f"status {status}")
        self.status, self.headers = status, headers


class Service:
    """What the server knows and counts."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.fails_every = 0
        self.calls_a_minute: int | None = None
        self.tokens_a_minute: int | None = None
        self.refuses_after: int | None = None
        self.paid: Counter[str] = Counter()
        self.calls = self.failed = self.exceeded = self.under_way = self.most_under_way = 0
        self.port = 0
        self._recent: deque[tuple[float, int]] = deque()
        self._lock = threading.Lock()

    def answer(self, texts: list[str]) -> tuple[int, dict[str, str], Any]:
        with self._lock:
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        time.sleep(0.002)
        with self._lock:
            self.under_way -= 1
            self.calls += 1
            if self._is_too_fast(texts):
                self.exceeded += 1
                return 429, {"Retry-After": "60"}, None
            if self.fails_every and self.calls % self.fails_every == 0:
                self.failed += 1
                return 500, {}, None
            if self.refuses_after is not None and sum(self.paid.values()) >= self.refuses_after:
                return 402, {}, None
            self.paid.update(texts)
        return 200, {}, [[1 - score, score] for score in map(score_of, texts)]

    def _is_too_fast(self, texts: list[str]) -> bool:
        now = self.clock.now()
        while self._recent and self._recent[0][0] <= now - MINUTE:
            self._recent.popleft()
        self._recent.append((now, count_tokens(texts)))
        tokens = sum(one for _, one in self._recent)
        return bool(
            (self.calls_a_minute is not None and len(self._recent) > self.calls_a_minute)
            or (self.tokens_a_minute is not None and tokens > self.tokens_a_minute)
        )

    @property
    def paid_twice(self) -> list[str]:
        return [text for text, count in self.paid.items() if count > 1]

    @property
    def asynchronous(self) -> AsyncClient:
        return AsyncClient(self.port)

    @property
    def plain(self) -> PlainClient:
        return PlainClient(self.port)


def score_of(text: str) -> float:
    """What the service answers: words that count more the earlier they stand in the alphabet."""
    return 1.0 / (1.0 + sum(ord(word[0]) - 96 for word in text.split()))


def count_tokens(texts: list[str]) -> int:
    return sum(len(text.split()) + 1 for text in texts)


class AsyncClient:
    """An ``async def`` on batches of texts."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def __call__(self, texts: Any) -> Any:
        body = json.dumps(list(texts)).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            head = f"POST / HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
            received = await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()
        top, _, rest = received.partition(b"\r\n\r\n")
        first, *lines = top.decode().split("\r\n")
        status = int(first.split()[1])
        if status != 200:
            raise ServiceError(status, dict(line.split(": ", 1) for line in lines))
        return json.loads(rest)


class PlainClient:
    """A function on batches of texts that waits for its answer."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(self, texts: Any) -> Any:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", json.dumps(list(texts)).encode())
        try:
            with urllib.request.urlopen(request) as response:
                return json.loads(response.read())
        except urllib.error.HTTPError as error:
            with error:
                raise ServiceError(error.code, dict(error.headers)) from None


@contextmanager
def serving(clock: Any) -> Iterator[Service]:
    """Run a service until the test has ended."""
    service = Service(clock)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers, content = service.answer(texts)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.request_queue_size = 64
        service.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
