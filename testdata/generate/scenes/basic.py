"""Successes: what a healthy WebSocket looks like."""
import truth
from lab import Lab


def ws_basic():
    lab = Lab()
    lab.capture("ws_basic.pcap")
    lab.node_server("127.0.0.1:8085")
    lab.node_server("127.0.0.1:6001", deflate=True)
    bye = ["close", 1000, "done"]
    clients = lab.node_client([
        {"url": "ws://127.0.0.1:8085/plain", "do": [["text", "one"], ["text", "two"], ["messages", 2], bye]},
        {"url": "ws://127.0.0.1:6001/deflate", "deflate": True, "origin": "https://app.example",
         "do": [["text", "squeeze " * 40], ["text", "squeeze " * 40], ["messages", 2], bye]},
        {"url": "ws://127.0.0.1:8085/chat?room=7", "protocols": ["graphql-ws", "chat"],
         "do": [["text", "hi"], ["messages", 1], bye]},
        {"url": "ws://127.0.0.1:8085/fragments", "do": [["parts", ["a", "bc", "def"]], ["messages", 1], bye]},
        {"url": "ws://127.0.0.1:6001/ping?ping=1", "do": [["ping", "x"], ["pong"], ["ping", ""], ["text", "t"], ["messages", 1], bye]},
        {"url": "ws://127.0.0.1:8085/hello?hello=5", "do": [["messages", 5], bye]},
        {"url": "ws://127.0.0.1:8085/big?reply=3", "do": [["binary", 20000], ["messages", 1], bye]},
    ])
    servers = lab.end()
    truth.write("ws_basic", "plain echo, permessage-deflate, subprotocol, fragments, ping and pong, server messages right after "
                "the 101, a 20 kB binary message", [truth.node_ws()], truth.join(clients, servers))
