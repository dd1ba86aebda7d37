"""ZeroBuffer: traces of what reader and writer do."""

from __future__ import annotations

from typing import Any

from .zerobuffer_scene import Scene, content


def traces() -> list[dict[str, Any]]:
    """All of them."""
    scenes = (*_plain(), *_placement(), *_releases(), *_metadata(), *_reconnect(), *_peers(),
              *_deaths(), *_lies())
    return [scene.trace() for scene in scenes]


def _plain() -> list[Scene]:
    return [
        Scene("plain", 256, 64).read().connect().read().write(40).read().release(0).write(1, 77)
        .read(3).release(1, 2).close_writer().read().close_reader(),
        Scene("one_byte_frames", note="headers at any byte").connect()
        .pass_on(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
        Scene("all_before_the_first_is_read").connect().write(10, 20, 30).close_writer().read(3)
        .release(0, 1, 2).read(),
        Scene("the_reader_closes").connect().write(10).close_reader().write(10),
        Scene("refused_sizes", note="176 fill the payload; 161 to 175 leave less than a header")
        .connect().write(0, 177, 1000, 175, 161).pass_on(176).write(175, 161, 177, 0)
        .pass_on(160, 16).write(0),
    ]


def _placement() -> list[Scene]:
    early = Scene("marker_taken_early", note="tail and frame are more than the payload: the writer "
                  "leaves the tail out and waits for the reader to take the marker")
    return [
        Scene("wrap_with_marker").connect().pass_on(100).write(100).read().release(1).write(30),
        Scene("wrap_with_a_marker_that_fills_the_tail", note="16 bytes are left: the marker's")
        .connect().pass_on(60, 84).pass_on(20, 20),
        Scene("early_wrap", note="8 bytes would be left behind the second frame: it goes to 0")
        .connect().pass_on(100).pass_on(52).pass_on(40),
        Scene("early_wrap_of_one", note="1 byte would be left").connect().pass_on(100, 59),
        Scene("early_wrap_of_fifteen", note="15 bytes would be left").connect().pass_on(100, 45),
        Scene("exact_fill", note="the writer says 0, the reader says the end").connect()
        .pass_on(80, 80).pass_on(80).write(80).read().release(3),
        Scene("one_frame_fills_all").connect().pass_on(176, 176).write(176, 1),
        early.connect().pass_on(64).write(150).read().write(150).read().release(1).write(8),
        Scene("made_in_place", note="the first header of the payload says 2^64-1 meanwhile")
        .connect().lend(50).read().lend(70).read().release(0, 1).lend(60).read(),
        Scene("given_up", note="the tail stays left out; the number is used by the next frame")
        .connect().give_up(20).write(100).give_up(30).read().release(0).give_up(90).read()
        .write(60).read().close_writer().read(),
    ]


def _releases() -> list[Scene]:
    return [
        Scene("released_out_of_order").connect().write(20, 30, 40).read(3).release(1, 2, 0),
        Scene("tail_behind_a_held_frame", note="52 bytes at the end come back with frame 1")
        .connect().pass_on(40).write(68).read().write(30).read().release(2).write(70)
        .release(1).write(70),
        Scene("tail_before_a_held_frame").connect().pass_on(100).write(40).read().release(1)
        .write(100),
        Scene("full_then_space", note="who waits takes all tokens of the other semaphore")
        .connect().write(80, 64).write(1).read().write(70).release(0).write(70).read(2)
        .release(1).write(60).release(2).write(60),
        Scene("held_for_a_lap").connect().write(20).read().pass_on(20, 20, 20).write(20)
        .release(0).write(20),
    ]


def _metadata() -> list[Scene]:
    text = b'{"caps":"NV12"}'
    return [
        Scene("metadata", 64, 64).metadata().connect().set_metadata(bytes(57)).metadata()
        .set_metadata(text).metadata().set_metadata(b"again").metadata().close_writer().connect()
        .set_metadata(b"again").metadata(),
        Scene("metadata_that_fill_their_block", 64, 64).connect()
        .set_metadata(content(1, 56)).metadata(),
        Scene("metadata_of_no_bytes", 64, 64).connect().set_metadata(b"").metadata()
        .set_metadata(b""),
        Scene("no_metadata_block", 64, 0).connect().set_metadata(b"").metadata(),
        Scene("metadata_of_more_than_was_written", 64, 64).connect().set_metadata(b"abc")
        .scribble("metadata_written_bytes", 10).metadata().scribble("metadata_written_bytes", 7)
        .metadata().scribble("metadata_written_bytes", 65).metadata(),
    ]


def _reconnect() -> list[Scene]:
    return [
        Scene("reconnect", note="numbers go on").connect().close_writer().read().connect()
        .pass_on(20).close_writer().read().connect().pass_on(20).write(30).close_writer()
        .connect().write(30).read(2),
        Scene("reconnect_behind_an_exact_fill").connect().pass_on(80, 80).close_writer()
        .connect().pass_on(20),
        Scene("reconnect_in_the_second_lap").connect().pass_on(100, 100, 20).close_writer()
        .connect().pass_on(20),
        Scene("reconnect_behind_a_marker", note="nothing of the new lap was written").connect()
        .pass_on(100).give_up(90).close_writer().connect().pass_on(30),
    ]


def _peers() -> list[Scene]:
    def tail(name: str, bytes_left: int, python: bool = False) -> Scene:
        note = "it goes to 0 without a marker" + (", which it counts" if python else "")
        return Scene(name, note=note).peer_connects(python).peer_writes(80, 80 - bytes_left) \
            .read(2).release(0, 1).peer_writes(50).read().release(2).peer_closes().read()
    return [
        tail("tail_of_1", 1), tail("tail_of_8", 8), tail("tail_of_15", 15),
        tail("tail_of_1_counted", 1, python=True), tail("tail_of_8_counted", 8, python=True),
        tail("tail_of_15_counted", 15, python=True), tail("no_tail_counted", 0, python=True),
        Scene("markers_in_python", 256, 64).peer_connects(python=True).peer_writes(100).read()
        .release(0).peer_writes(60).read().peer_writes(20).peer_writes(5).read(2).release(2, 1, 3)
        .peer_writes(100).peer_writes(100).read(2).release(5, 4).peer_closes().read().connect()
        .pass_on(7),
        Scene("tail_of_8_behind_a_held_frame").peer_connects().peer_writes(80, 72).read(2)
        .release(0).peer_writes(50).read().release(2, 1),
        Scene("position_at_the_end", note="the peer leaves it there").peer_connects()
        .peer_writes(80, 80).read(2).release(0, 1).peer_writes(50).read().release(2),
        Scene("taken_over_at_the_end").peer_connects().peer_writes(80, 80).read(2)
        .release(0, 1).peer_closes().connect().pass_on(40),
        Scene("taken_over_at_a_tail_of_8", note="no marker fits, and none is counted")
        .peer_connects().peer_writes(80, 72).read(2).release(0, 1).peer_closes().connect()
        .pass_on(40, 40),
        Scene("the_peer_begins_with_1_again").connect().pass_on(20, 20).close_writer()
        .peer_connects().peer_writes(20, 20).read(2).release(2, 3).peer_closes().connect()
        .pass_on(20),
        a_real_buffer(),
    ]


def a_real_buffer() -> Scene:
    """What was found in memory behind a reader and a writer in C++."""
    scene = Scene("a_real_buffer", 256, 64, "as the C++ implementation left it").connect()
    scene.set_metadata(b'{"caps":"NV12"}')
    for data, then in ((b"A" * 100, 0), (b"B" * 60, None), (b"C" * 80, None)):
        scene._try("write", {"hex": data.hex()}, lambda data=data: scene.writer.write(data))
        if data[:1] != b"C":
            scene.read()
        if then is not None:
            scene.release(then)
    return scene


def _deaths() -> list[Scene]:
    """A frame that lies before the position of a dead writer is read, announced or not."""
    def peer(before: str) -> Scene:
        return Scene(f"peer_killed_before_the_{before}").peer_connects().peer_writes(20).read() \
            .peer_dies(30, before).read(2).release(0).connect().pass_on(10)

    def ours(name: str, *sizes: int, before: str) -> Scene:
        return Scene(f"killed_{name}_before_the_{before}").connect().pass_on(100).close_writer() \
            .writer_dies(*sizes, before=before).read(len(sizes) + 1).connect().pass_on(10)
    steps = ("data", "space", "position", "count", "first_header", "post")
    return [
        *(peer(before) for before in ("position", "space", "count", "post")),
        *(ours("at_the_beginning", 61, before=before) for before in steps),
        *(ours("behind_another", 61, 20, before=before) for before in steps),
    ]


def _lies() -> list[Scene]:
    def header(name: str, size: int, sequence: int) -> Scene:
        return Scene(name).connect().pass_on(20).write(20).scribble_header(36, size, sequence) \
            .read(2).write(20)
    huge = (1 << 64) - 1
    return [
        header("frame_beyond_the_end", 141, 2), header("frame_of_2_to_the_64", huge, 2),
        header("frame_whose_end_is_2_to_the_64", huge - 15, 2),
        header("number_left_out", 20, 3), header("number_again", 20, 2 ** 40),
        Scene("no_size_at_the_beginning", note="a marker there would lead nowhere").connect()
        .write(20).scribble_header(0, 0, 0).read(2),
        Scene("healed", note="the frame stays announced until it can be read").connect().write(20)
        .scribble_header(0, 200, 1).read().scribble_header(0, 20, 1).read(2).release(0),
        Scene("more_free_than_there_is").connect().scribble("payload_free_bytes", 193).write(20)
        .scribble("payload_free_bytes", 192).write(20),
        Scene("positions_of_others", note="each side keeps its own").connect().pass_on(20)
        .scribble("payload_write_pos", 100).scribble("payload_read_pos", 77)
        .scribble("payload_written_count", 9).scribble("payload_read_count", 9).pass_on(20),
    ]
