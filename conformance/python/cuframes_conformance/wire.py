"""Structs and numbers of protocol sections 2, 3, 6 and 10."""

from __future__ import annotations

from .layout import Struct

MAGIC = 0xCC7C1DCC
SEGMENT_SIZE = 4096
PAGE_SIZE = 4096
MIN_SLOTS, MAX_SLOTS = 2, 16
MAX_PAYLOAD = 4096
MAX_FDS = 8
MAX_STATS_ROWS = 31
NO_PTS = -(1 << 63)

# slot.seq (protocol 2.1)
SEQ_EMPTY = 0
SEQ_WRITING = (1 << 64) - 1
SEQ_CLAIMED = (1 << 64) - 2
SEQ_LIMIT = 1 << 63

MEMORY_KIND = {"CUDA_IPC": 1, "CUDA_VMM": 2, "HOST": 3, "DMABUF": 4}
SYNC_KIND = {"CPU": 0, "CUDA_EVENT": 1, "CUDA_TIMELINE": 2}
SEGMENT_FLAG = {"HAS_PACKETS": 1, "ANONYMOUS": 2, "EXTERNAL": 4, "PACKETS_ONLY": 8}
STATE = {"LIVE": 1, "CLOSED": 2, "RECONFIGURED": 3}
FRAME_FLAG = {"KEY": 1, "CORRUPT": 2, "DISCONTINUITY": 4, "INTERLACED": 8, "TOP_FIELD_FIRST": 16}
CAPABILITY = {"FD_PASSING": 1, "CUDA_IPC": 2, "CUDA_VMM": 4, "HOST": 8, "DMABUF": 16,
              "CUDA_EVENT": 32, "NOTIFY": 64, "OBSERVER": 128, "CUDA_TIMELINE": 256}
MODE = {"NEWEST_ONLY": 1, "STRICT_ORDER": 2}
FD = {"CONTROL": 1, "PAGE": 2, "POOL": 4, "PACKETS": 8, "NOTIFY": 16, "TIMELINE": 32}
MESSAGE = {"HELLO_REQ": 1, "HELLO_RESP": 2, "ATTACHED": 3, "DETACH": 4, "STATS": 5,
           "RECONFIGURE": 6, "ERROR": 7, "CLOSE": 8}
TLV_FLAG = {"OPTIONAL": 1, "MORE": 2}
DETACH_REASON = {"NORMAL": 0, "ERROR": 1}
CLOSE_REASON = {"END_OF_STREAM": 1, "SHUTDOWN": 2, "EVICTED": 3}

# The packet segment (protocol 10)
PACKET_MAGIC = 0xCC7C1DCD
PACKET_VERSION = 2
PACKET_SLOTS_AT = 0x1040
EXTRADATA_AT = 0x80
MAX_EXTRADATA = 4032
PACKET_ALIGN = 64
MIN_PACKET_SLOTS, MAX_PACKET_SLOTS = 8, 4096
MIN_PACKET_DATA = 4096
PACKET_FLAG = {"KEY": 1, "CORRUPT": 2, "DISCONTINUITY": 4, "NEW_EXTRADATA": 8}
PACKET_REQUEST = {"WANT_PACKETS": 1, "FROM_KEYFRAME": 2}
CODEC = {name: int.from_bytes(name.encode("ascii"), "little")
         for name in ("H264", "HEVC", "AV01", "MJPG")}

WAITING_COUNT = 0xFFFF
WAITING_NOTIFY = 1 << 31

CONTROL_HEADER = Struct("control_header", "2.0", 256, """
    00 u32 magic
    04 u32 proto_version
    08 u32 header_size
    0C u32 slot_size
    10 u32 slot_count
    14 u32 memory_kind
    18 u32 sync_kind
    1C u32 flags
    20 u32 width
    24 u32 height
    28 u32 format
    2C u32 plane_count
    30 u64 frame_size
    38 u32[4] plane_offset
    48 u32[4] plane_pitch
    58 bytes[16] device_uuid
    68 u64 epoch
    70 u64 pool_size
    78 u32 publisher_pid
    7C u32 lib_version
    80 u64 publisher_start
    88 u32 fps_num
    8C u32 fps_den
    90 u32 sar_num
    94 u32 sar_den
    98 u16[8] mastering_display
    A8 u32 mastering_max_luminance
    AC u32 mastering_min_luminance
    B0 u16 max_cll
    B2 u16 max_fall
    B4 u32 reserved_b4
    B8 u64 modifier
    C0 u64 latest_seq
    C8 u32 publish_futex
    CC u32 state
    D0 u64 heartbeat_ns
    D8 u64 dropped
    E0 u8[16] slot_of
    F0 bytes[16] reserved_f0
""")

_FRAME_META = """
    00 u64 seq
    08 i64 pts_ns
    10 i64 duration_ns
    18 u64 publish_ns
    20 u32 flags
    24 u8[4] colour
    28 u64 data_offset
    30 u64 packet_seq
    38 u16[4] crop
"""
FRAME_META = Struct("frame_meta", "2.1", 64, _FRAME_META)
SLOT_DESCRIPTOR = Struct("slot_descriptor", "2.2", 192, _FRAME_META + """
    40 bytes[64] memory_handle
    80 bytes[64] ready_event
""")

_SUBSCRIBER_SLOT = """
    00 u64 epoch
    08 u32 index
    0C i32 evicted
    10 text[32] name
    30 u32 pid
    34 u32 mode
    38 u32 uid
    3C u32 reserved_3c
    40 u32 held_mask
    44 u32 waiting
    48 u64 consumed_seq
    50 u64 received
    58 u64 missed
    60 u64 last_active_ns
    68 u32 packet_waiting
    6C bytes[20] reserved_6c
"""
SUBSCRIBER_SLOT = Struct("subscriber_slot", "2.3", 128, _SUBSCRIBER_SLOT)
SUBSCRIBER_PAGE = Struct("subscriber_page", "2.3", 4096, _SUBSCRIBER_SLOT + """
    80 u64[16] ack_seq
    100 bytes[1024] ack_event
    500 u64[16] lease_seq
    580 bytes[2688] reserved_580
""")

TLV_HEADER = Struct("tlv_header", "3", 8, """
    0 u16 type
    2 u16 flags
    4 u32 length
""")
HELLO_REQ = Struct("hello_req", "3", 128, """
    00 u32 magic
    04 u32 proto_highest
    08 u32 proto_lowest
    0C u32 capabilities
    10 u32 mode
    14 u32 pid
    18 bytes[16] device_uuid
    28 text[32] name
    48 u64 last_epoch
    50 u32 packet_flags
    54 bytes[44] reserved_54
""")
HELLO_RESP = Struct("hello_resp", "3", 192, """
    00 u32 magic
    04 u32 proto_version
    08 u32 index
    0C u32 capabilities
    10 u64 epoch
    18 u32 fd_mask
    1C u32 sync_kind
    20 u32 memory_kind
    24 u32 max_leases
    28 u64 latest_seq
    30 u64 pool_size
    38 u32 lease_timeout_ms
    3C u32 lib_version
    40 u32 packet_flags
    44 u32 codec
    48 u64 initial_packet_seq
    50 u32 packet_slot_count
    54 u32 extradata_size
    58 u64 packet_data_size
    60 u64 packet_epoch
    68 bytes[24] reserved_68
    80 bytes[64] reserved_80
""")
ATTACHED = Struct("attached", "3", 8, """
    0 u32 index
    4 u32 capabilities
""")
DETACH = Struct("detach", "3", 4, "0 u32 reason")
STATS_HEAD = Struct("stats_head", "3", 8, """
    0 u32 count
    4 u32 row_size
""")
RECONFIGURE = Struct("reconfigure", "3", 8, "0 u64 epoch")
ERROR_HEAD = Struct("error_head", "3", 4, "0 i32 code")
CLOSE = Struct("close", "3", 4, "0 u32 reason")

PACKET_HEADER = Struct("packet_header", "10", 128, """
    00 u32 magic
    04 u32 version
    08 u32 slot_count
    0C u32 extradata_size
    10 u64 data_size
    18 u32 codec
    1C u32 extradata_gen
    20 u64 head_seq
    28 u64 last_keyframe_seq
    30 u64 data_head
    38 u32 packet_futex
    3C u32 state
    40 u64 epoch
    48 u64 publisher_start
    50 u32 publisher_pid
    54 bytes[44] reserved_54
""")
PACKET_SLOT = Struct("packet_slot", "10", 64, """
    00 u64 seq
    08 u64 data_pos
    10 u32 size
    14 u32 flags
    18 i64 pts_ns
    20 i64 dts_ns
    28 i64 duration_ns
    30 u64 publish_ns
    38 u32 extradata_gen
    3C u32 stream_index
""")

STRUCTS = [CONTROL_HEADER, FRAME_META, SLOT_DESCRIPTOR, SUBSCRIBER_SLOT, SUBSCRIBER_PAGE,
           TLV_HEADER, HELLO_REQ, HELLO_RESP, ATTACHED, DETACH, STATS_HEAD, RECONFIGURE,
           ERROR_HEAD, CLOSE, PACKET_HEADER, PACKET_SLOT]

MEMORY_CAPABILITIES = sum(CAPABILITY[name] for name in ("CUDA_IPC", "CUDA_VMM", "HOST", "DMABUF"))


def message(name_or_type: str | int, payload: bytes, flags: int = 0) -> bytes:
    """A whole message: TLV header and payload (protocol 3)."""
    kind = MESSAGE[name_or_type] if isinstance(name_or_type, str) else name_or_type
    return TLV_HEADER.pack({"type": kind, "flags": flags, "length": len(payload)}) + payload
