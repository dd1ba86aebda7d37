"""A camera: serves the H.264, or H.265 if it is named so, of an MP4 file over RTSP, to whoever
knows the password."""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

port, user, password, film = sys.argv[1:]
Gst.init(None)
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service(port)

auth = GstRtspServer.RTSPAuth.new()
token = GstRtspServer.RTSPToken.new()
token.set_string("media.factory.role", "viewer")
auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
server.set_auth(auth)

factory = GstRtspServer.RTSPMediaFactory.new()
codec = "h265" if "h265" in film.rsplit("/", maxsplit=1)[-1] else "h264"
factory.set_launch(
    f"( filesrc location={film} ! qtdemux ! {codec}parse "
    f"! rtp{codec}pay name=pay0 pt=96 config-interval=1 )"
)
permissions = GstRtspServer.RTSPPermissions.new()
for right in ("access", "construct"):
    permissions.add_permission_for_role("viewer", f"media.factory.{right}", True)
factory.set_permissions(permissions)
server.get_mount_points().add_factory("/live", factory)
if server.attach(None) == 0:
    sys.exit("the port is taken")
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
