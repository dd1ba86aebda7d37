"""Frames as they come: where their planes are, and what is in them."""

import importlib.util
import os
import unittest

from engine import TIMESTAMP, WithEngine, descriptors, memfd, noise, placed, plain

from frame_lending import ConnectionLost, FrameReturned, find_format, tight_planes

HAS_NUMPY = importlib.util.find_spec("numpy") is not None

# Bytes of a 5x3 picture's planes, by hand from the formats' definitions.
TIGHT = {
    "NV12": [(5, 15), (6, 12)],
    "P010": [(10, 30), (12, 24)],
    "YUV420P": [(5, 15), (3, 6), (3, 6)],
    "YUYV": [(12, 36)],
    "UYVY": [(12, 36)],
    "BGR24": [(15, 45)],
    "RGB24": [(15, 45)],
    "BGRA": [(20, 60)],
    "RGBA": [(20, 60)],
    "BGR0": [(20, 60)],
    "RGB0": [(20, 60)],
    "GRAY8": [(5, 15)],
}


class Layout(unittest.TestCase):
    def test_planes_follow_each_other_and_chroma_is_rounded_up(self):
        self.assertEqual(len(TIGHT), 12)
        for name, expected in TIGHT.items():
            planes = tight_planes(find_format(name), 5, 3)
            self.assertEqual([(plane.stride, plane.size) for plane in planes], expected, name)
            ends = [0] + [plane.offset + plane.size for plane in planes]
            self.assertEqual([plane.offset for plane in planes], ends[:-1], name)

    def test_other_names_are_of_the_same_bytes(self):
        for name, other in [("nv12", "NV12"), ("I420", "YUV420P"), ("BGR", "BGR24"),
                            ("RG24", "BGR24"), ("BG24", "RGB24"), ("YUY2", "YUYV")]:
            self.assertIs(find_format(name).planes, find_format(other).planes, name)
        self.assertIsNone(find_format("MJPG"))


class Plain(WithEngine):
    def test_every_format_has_its_bytes(self):
        consumer = self.consumer()
        for sequence, (name, sizes) in enumerate(TIGHT.items()):
            content = noise(sum(size for _, size in sizes), sequence)
            self.engine.lend(content, sequence=sequence, format=name, width=5, height=3)
            frame = consumer.receive(timeout=0)
            self.assertEqual((frame.stream_id, frame.sequence), ("cam1", sequence))
            self.assertEqual((frame.width, frame.height, frame.format), (5, 3, name))
            self.assertEqual(frame.timestamp, TIMESTAMP)
            self.assertIsNone(frame.pts_ns)
            planes = [bytes(frame.plane(index)) for index in range(len(frame.planes))]
            self.assertEqual([len(plane) for plane in planes], [size for _, size in sizes])
            self.assertEqual(b"".join(planes), content, name)
            frame.done("none", 0)
            self.assertEqual(self.engine.said()["sequence"], sequence)
        self.assertEqual(consumer.refused, 0)

    def test_a_map_is_kept_for_the_same_memory(self):
        consumer = self.consumer()
        content = noise(12)
        fd = memfd(content)
        self.addCleanup(os.close, fd)
        counts = []
        for sequence in range(4):
            self.engine.send(plain(sequence), os.dup(fd))
            with consumer.receive(timeout=0) as frame:
                self.assertEqual(bytes(frame.plane(0)), content[:8])
                frame.done("none", 0)
            counts.append(descriptors())
        self.assertEqual(counts, counts[:1] * 4)

    def test_maps_that_are_not_used_are_closed(self):
        consumer = self.consumer(buffers=2)
        counts = []
        for sequence in range(6):
            self.engine.lend(noise(12, sequence), sequence=sequence)
            with consumer.receive(timeout=0) as frame:
                self.assertEqual(bytes(frame.plane(0)), noise(12, sequence)[:8])
            counts.append(descriptors())
        self.assertEqual(len(set(counts[1:])), 1, counts)

    def test_memory_cannot_be_written_and_a_view_of_it_can_be_kept(self):
        consumer = self.consumer()
        self.engine.lend(noise(12))
        frame = consumer.receive(timeout=0)
        plane = frame.plane(0)
        with self.assertRaises(TypeError):
            plane[0] = 1
        frame.done("none", 0)
        with self.assertRaises(FrameReturned):
            frame.plane(0)
        # What is kept is still memory.
        consumer.close()
        self.assertEqual(bytes(plane), noise(12)[:8])
        del plane

    def test_the_end_is_told(self):
        consumer = self.consumer()
        self.engine.lend(noise(12), sequence=1)
        self.engine.lend(noise(12), sequence=2)
        self.engine.hang_up()
        seen = []
        with self.assertRaises(ConnectionLost):
            while True:
                seen.append(consumer.receive(timeout=0).sequence)
        self.assertEqual(seen, [1, 2])
        self.assertEqual(list(consumer), [])


class Extended(WithEngine):
    """The ring's memory comes once; frames are places in it."""

    RING = noise(4096)

    def lend(self, sequence, offset, *fds, **members):
        planes = [
            {"offset": offset, "stride": 16, "size": 20},
            {"offset": offset + 64, "stride": 16, "size": 4},
        ]
        self.engine.send(placed(sequence, **{"planes": planes, "size": 68, **members}), *fds)

    def test_the_hello_says_who_it_is(self):
        self.consumer(hello=True, name="squares")
        self.assertEqual(self.hello, {"direction": "hello", "v": 1, "name": "squares"})

    def test_frames_are_where_their_planes_say(self):
        consumer = self.consumer(hello=True)
        self.lend(1, 0, memfd(self.RING))
        self.lend(2, 1024)
        for sequence, offset in ((1, 0), (2, 1024)):
            frame = consumer.receive(timeout=0)
            self.assertEqual((frame.sequence, frame.pts_ns), (sequence, -5))
            self.assertEqual(frame.deadline_ns, 1 << 62)
            self.assertEqual(bytes(frame.plane(0)), self.RING[offset : offset + 20])
            self.assertEqual(bytes(frame.plane(1)), self.RING[offset + 64 : offset + 68])
            frame.done("none", 0)
            self.assertEqual(self.engine.said()["frame_timestamp"], TIMESTAMP)

    def test_a_buffer_may_become_other_memory(self):
        consumer = self.consumer(hello=True)
        self.lend(1, 0, memfd(self.RING))
        first = consumer.receive(timeout=0)
        self.lend(2, 0, memfd(noise(4096, 8)))
        second = consumer.receive(timeout=0)
        self.assertEqual(bytes(first.plane(0)), self.RING[:20])
        self.assertEqual(bytes(second.plane(0)), noise(4096, 8)[:20])
        first.done("none", 0)
        second.done("none", 0)

    def test_planes_that_are_not_in_the_memory_are_refused(self):
        consumer = self.consumer(hello=True)
        self.lend(1, 0, memfd(self.RING))
        consumer.receive(timeout=0).done("none", 0)
        self.engine.said()
        y, uv = {"offset": 0, "stride": 16, "size": 20}, {"offset": 64, "stride": 16, "size": 4}
        wrong = [
            ("memory", {"planes": [y, {**uv, "offset": 4093}]}),
            ("memory", {"planes": [y, {**uv, "offset": (1 << 64) - 1}]}),
            ("planes", {"planes": [y]}),
            ("planes", {"planes": []}),
            ("planes", {"planes": [y, {**uv, "stride": 3}]}),
            ("planes", {"planes": [{**y, "size": 19}, uv]}),
            ("memory", {"planes": [{**y, "stride": (1 << 32) - 1, "size": 1 << 40}, uv]}),
            ("modifier", {"modifier": 1}),
            ("unknown_buffer", {"buffer_id": 4}),
            ("malformed", {"planes": [y, {**uv, "offset": -1}]}),
            ("malformed", {"planes": [y, [0, 16, 4]]}),
            ("malformed", {"planes": {}}),
            *(("malformed", {name: None}) for name in ("v", "planes", "size", "fourcc", "modifier",
                                                       "buffer_id", "clock", "deadline_ns")),
        ]
        for sequence, (code, members) in enumerate(wrong, 2):
            with self.subTest(code=code, **members):
                self.lend(sequence, 0, **members)
                self.assertEqual(self.refuse(consumer, code)["sequence"], sequence)
        self.lend(99, 0)
        self.assertEqual(consumer.receive(timeout=0).sequence, 99)

    def test_a_format_of_tomorrow_has_the_planes_that_are_told(self):
        consumer = self.consumer(hello=True)
        self.lend(1, 0, memfd(self.RING), format="AV99")
        with consumer.receive(timeout=0) as frame:
            self.assertEqual(bytes(frame.plane(1)), self.RING[64:68])
            frame.done("none", 0)


@unittest.skipUnless(HAS_NUMPY, "numpy is optional")
class Arrays(WithEngine):
    def test_arrays_are_the_planes_in_place(self):
        import numpy

        consumer = self.consumer()
        content = noise(15 + 12)
        self.engine.lend(content, width=5, height=3)
        with consumer.receive(timeout=0) as frame:
            luma, chroma = frame.numpy()
            self.assertEqual((luma.shape, chroma.shape), ((3, 5), (2, 3, 2)))
            self.assertEqual(luma.tobytes() + chroma.tobytes(), content)
            self.assertFalse(luma.flags.owndata or luma.flags.writeable)
            frame.done("none", 0)
        # The array is still an array, of a map that is kept for it.
        consumer.close()
        self.assertEqual(luma.tobytes() + chroma.tobytes(), content)
        del luma, chroma

    def test_every_format_has_arrays(self):
        consumer = self.consumer()
        for sequence, (name, sizes) in enumerate(TIGHT.items()):
            content = noise(sum(size for _, size in sizes), sequence)
            self.engine.lend(content, sequence=sequence, format=name, width=5, height=3)
            with consumer.receive(timeout=0) as frame:
                arrays = frame.numpy()
                self.assertEqual(b"".join(array.tobytes() for array in arrays), content, name)
                frame.done("none", 0)


if __name__ == "__main__":
    unittest.main()
