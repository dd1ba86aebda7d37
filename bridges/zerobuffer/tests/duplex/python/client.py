"""The peer's duplex client, driven by lines:

connect CHANNEL        -> connected
send SIZE SEED         -> the number of the request
receive MS             -> SEQUENCE SIZE SEED (of what it holds), or `none`
alive                  -> True or False
close                  -> closed
"""
from common import pattern
from lines import serve
from zerobuffer.duplex import DuplexChannelFactory

client = None
sent = {}


def connect(channel):
    global client
    client = DuplexChannelFactory().create_client(channel)
    return "connected"


def send(size, seed):
    data = pattern(int(size), int(seed))
    sent[data] = f"{size} {seed}"
    sent[bytes(byte ^ 255 for byte in data)] = f"{size} {seed} inverted"
    return str(client.send_request(data))


def receive(ms):
    response = client.receive_response(int(ms))
    if not response.is_valid:
        return "none"
    data = bytes(response.data)
    sequence = response.sequence
    client.release_response(response)
    return f"{sequence} {sent.get(data, f'unknown {len(data)}')}"


def alive():
    return str(client.is_server_connected)


def close():
    client.close()
    return "closed"


serve({"connect": connect, "send": send, "receive": receive, "alive": alive, "close": close})
