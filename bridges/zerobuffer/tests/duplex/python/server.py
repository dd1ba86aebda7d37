"""The peer's duplex server, driven by lines:

start CHANNEL HANDLER  -> started; the handlers are echo, invert and even, which answers only every
                          second request
running                -> True or False
stop                   -> stopped
"""
import common  # it finds `lines`
from lines import serve
from zerobuffer import BufferConfig
from zerobuffer.duplex import DuplexChannelFactory

server = None


def echo(request, responses):
    responses.write_frame(bytes(request.data))


def invert(request, responses):
    responses.write_frame(bytes(byte ^ 255 for byte in bytes(request.data)))


def even(request, responses):
    if request.sequence % 2 == 0:
        echo(request, responses)


def start(channel, handler):
    global server
    server = DuplexChannelFactory().create_immutable_server(channel, BufferConfig(1024, 1 << 20))
    server.start({"echo": echo, "invert": invert, "even": even}[handler])
    return "started"


def running():
    return str(server.is_running)


def stop():
    server.stop()
    return "stopped"


serve({"start": start, "running": running, "stop": stop})
