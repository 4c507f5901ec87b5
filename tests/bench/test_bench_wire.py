"""A benchmark that sorts its calls wrongly measures nothing."""

import subprocess
import sys
from collections import Counter

import pytest

from bench.minimum import minimum
from bench.table import table
from bench.wire import Call, Place, Ports, place_of
from tests.host.azurite import ROOT

PORTS = Ports(tables=10002, queues=10001, identity=8080)


@pytest.mark.parametrize(
    ("port", "path", "place"),
    [
        (10002, "/devstoreaccount1/pushmedicjournal", Place.TABLES),
        (10001, "/devstoreaccount1/push-medic/messages", Place.QUEUES),
        (8080, "/msi/token?resource=x", Place.TOKENS),
        (443, "/oauth2/exchange?api-version=2021-07-01", Place.TOKENS),
        (443, "/oauth2/token?api-version=2021-07-01", Place.TOKENS),
        (443, "/acr/v1/team%2Fapp/_tags/v1?api-version=2021-07-01", Place.REGISTRY),
        (443, "/v2/", Place.REGISTRY),
        (443, "/subscriptions/s/resourceGroups/g?api-version=2025-11-01", Place.ARM),
    ],
)
def test_each_call_is_counted_for_whom_it_was_made_to(port: int, path: str, place: Place) -> None:
    assert place_of(Call(0, "GET", "127.0.0.1", port, path), PORTS) is place


def test_a_call_is_heard_whatever_makes_it_and_its_body_is_no_call() -> None:
    script = """
import http.client, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import requests
from bench.wire import Wire

class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(204)
        self.end_headers()
    do_GET = do_POST = answer
    def log_message(self, *_): pass

server = HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
wire = Wire()
requests.post(f"http://127.0.0.1:{server.server_port}/one?a=b", data=b"GET /two HTTP/1.0")
plain = http.client.HTTPConnection("127.0.0.1", server.server_port)
plain.request("GET", "/three")
plain.getresponse().read()
print(*wire.calls, wire.connections, sep="|")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "POST /one?a=b|GET /three|2"


def test_a_cold_repair_needs_tokens_and_a_warm_one_only_for_a_new_repository() -> None:
    cold, warm, new = (
        minimum(1, cold=True, new_repository=False),
        minimum(1, cold=False, new_repository=False),
        minimum(1, cold=False, new_repository=True),
    )
    assert cold - warm == Counter({Place.TOKENS: 7})
    assert new - warm == Counter({Place.TOKENS: 2})


def test_a_table_reads_well_as_text_and_as_markdown() -> None:
    assert table(("a", "b"), [("longer", "1")]) == "| a      |  b |\n| ------ | -: |\n| longer |  1 |"
