"""A client as VizionStreamer's documentation has them: a connection for each command, one send
without a newline, one receive of 4096 bytes, and nothing is closed before that.

    client.py SOCKET        requests are lines on standard input, answers lines on standard output
"""
import json
import socket
import sys


def ask(path: str, request: dict) -> str:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(path)
    client.send(json.dumps(request).encode())
    answer = client.recv(4096).decode()
    client.close()
    return answer


for line in sys.stdin:
    print(ask(sys.argv[1], json.loads(line)).rstrip("\n"), flush=True)
