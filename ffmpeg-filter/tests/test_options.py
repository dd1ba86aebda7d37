"""Every option of the filter does what it says: each test fails when the option is ignored."""

from __future__ import annotations

import os
import stat
import time
import unittest

from cuframes_conformance.errors import CuframesError, ErrorCode
from cuframes_conformance.subscriber import Subscriber
from harness import CUFRAMES, FRAMES, WATCHDOG, Case, Process, lines, raw, until

NOBODY = 65534
MANY = 400


class Options(Case):
    """Against what subscribers and the file system see."""

    def publish(self, graph: str, frames: int = FRAMES) -> Process:
        """ffmpeg with frames of its own making, as fast as it can."""
        return self.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-vf", graph,
                           "-frames:v", str(frames), "-f", "null", "-")

    def held_back(self, **options: object) -> Process:
        """ffmpeg that has its publisher and waits for a subscriber before the first frame."""
        writer = self.publish(self.filter(**{"wait_subscribers": 1} | options))
        self.live()
        return writer

    def read(self, subscriber: Subscriber) -> int:
        """Frames up to the end of the stream."""
        count = 0
        while True:
            try:
                subscriber.next(WATCHDOG).release()
            except CuframesError as problem:
                self.assertEqual(problem.code, ErrorCode.END_OF_STREAM)
                subscriber.close()  # the publisher gives its readers time to read the last frames
                return count
            count += 1

    def test_key(self) -> None:
        self.held_back()
        self.assertEqual(self.live()["key"], self.key)
        self.assertTrue(stat.S_ISSOCK(os.stat(self.socket).st_mode))

    def test_slots(self) -> None:
        self.held_back(slots=5)
        self.assertEqual(self.live()["slots"], 5)

    def test_policy_strict_wait(self) -> None:
        writer = self.publish(self.filter(policy="strict_wait", strict_timeout=WATCHDOG,
                                          wait_subscribers=1), MANY)
        reader = self.join()
        until(lambda: reader.attachment.ring.latest_seq() >= 8, "a full ring")
        self.assertEqual((self.read(reader), reader.missed), (MANY, 0))
        self.assertIn(f"{MANY} published, 0 dropped", self.finish(writer))

    def test_policy_drop_oldest(self) -> None:
        writer = self.publish(self.filter(policy="drop_oldest", strict_timeout=WATCHDOG,
                                          wait_subscribers=1), MANY)
        reader = self.join()
        self.finish(writer)  # by itself: nobody is waited for
        count = self.read(reader)
        self.assertEqual(reader.last_seq, MANY)
        self.assertLessEqual(count, 8)

    def test_strict_timeout(self) -> None:
        writer = self.publish(self.filter(policy="strict_wait", strict_timeout="2000ms",
                                          wait_subscribers=1))
        reader = self.join()
        reader.next(WATCHDOG).release()  # what is missed counts from the first frame on
        until(lambda: reader.attachment.ring.latest_seq() >= 9, "a full ring")
        started = time.monotonic()
        until(lambda: reader.attachment.ring.latest_seq() > 9, "the end of the wait")
        # The default is one second.
        self.assertGreater(time.monotonic() - started, 1.8)
        count = self.read(reader)
        self.assertGreater(reader.missed, 0)
        self.assertEqual(1 + count + reader.missed, FRAMES)
        self.finish(writer)

    def test_wait_subscribers(self) -> None:
        writer = self.publish(self.filter(policy="strict_wait", wait_subscribers=2))
        first = self.start(CUFRAMES, "sub", self.key, "--strict", "--framemd5", "--name", "first",
                           "-o", self.path("first"))
        until(lambda: (self.info() or {}).get("subscribers"), "one subscriber")
        self.assertEqual((self.live()["latest_seq"], writer.poll()), (0, None))
        second = self.start(CUFRAMES, "sub", self.key, "--strict", "--framemd5", "--name",
                            "second", "-o", self.path("second"))
        for process in (writer, first, second):
            self.finish(process)
        for name in ("first", "second"):
            self.assertEqual(len(lines(self.path(name))), FRAMES)

    def test_max_leases(self) -> None:
        self.held_back(max_leases=1, slots=8)  # the library's own choice would be 2
        reader = self.join()
        self.assertEqual(reader.attachment.ring.max_leases, 1)
        with reader.next(WATCHDOG):
            with self.assertRaises(CuframesError) as caught:
                reader.next(0)
            self.assertEqual(caught.exception.code, ErrorCode.WOULD_BLOCK)

    def test_lease_timeout(self) -> None:
        graph = "realtime," + self.filter(wait_subscribers=1, lease_timeout="100ms")
        self.publish(graph, 1_000_000)
        reader = self.join()
        reader.next(WATCHDOG)
        started = time.monotonic()
        until(lambda: reader.attachment.ring.evicted(), "evicted")
        # The default is 5 seconds.
        self.assertLess(time.monotonic() - started, 4.0)

    def test_lease_timeout_zero_evicts_nobody(self) -> None:
        # At 25 frames a second these are 6 seconds; the default is 5.
        self.publish("realtime," + self.filter(wait_subscribers=1, lease_timeout=0), 200)
        reader = self.join("NEWEST_ONLY")
        held = reader.next(WATCHDOG)
        picture = held.packed()
        until(lambda: reader.attachment.ring.latest_seq() >= held.seq + 150, "published for long")
        self.assertEqual(held.packed(), picture)
        held.release()  # raises if the publisher took the frame away

    def sub_as_nobody(self) -> Process:
        os.chmod(self.run_directory, 0o755)
        return self.start(CUFRAMES, "sub", self.key, "--frames", "1", "--name", "foreign",
                          user=NOBODY, group=NOBODY, extra_groups=[])

    @unittest.skipUnless(os.getuid() == 0, "only root can start a process of another user")
    def test_allow_uids_lets_in(self) -> None:
        self.held_back(socket_mode="0666", allow_uids=f"1234+{NOBODY}")
        self.finish(self.sub_as_nobody())

    @unittest.skipUnless(os.getuid() == 0, "only root can start a process of another user")
    def test_allow_uids_keeps_others_out(self) -> None:
        writer = self.held_back(socket_mode="0666", allow_uids="1234")
        self.assertIn("allow", self.finish(self.sub_as_nobody(), 4))
        self.assertIsNone(writer.poll())

    def test_anonymous(self) -> None:
        writer = self.held_back(anonymous=1)
        self.assertEqual(self.shared_names(), [])
        reader = self.sub(self.path("read"))
        self.finish(reader)
        self.finish(writer)

    def test_named(self) -> None:
        self.held_back()
        self.assertEqual(self.shared_names(), [f"cuframes-{self.key}"])

    def test_frames_in_host_memory_stay_there(self) -> None:
        for options in ({}, {"memory": "auto", "sync": "auto"}, {"memory": "host", "sync": "cpu"}):
            writer = self.publish(self.filter(**options))
            self.assertIn("memory host, sync cpu", self.finish(writer))

    def test_socket_mode(self) -> None:
        self.held_back(socket_mode="0604")
        self.assertEqual(stat.S_IMODE(os.stat(self.socket).st_mode), 0o604)


class Refusals(Case):
    """Bad values end ffmpeg with a sentence, not with a stream that is something else."""

    def refused(self, graph: str, sentence: str) -> None:
        writer = self.ffmpeg(*raw("gray"), "-vf", graph, "-f", "null", "-", level="error")
        said = self.finish(writer, None)
        self.assertGreater(writer.returncode, 0, said)
        self.assertRegex(said, sentence)

    def test_no_key(self) -> None:
        self.refused("cuframes_out", "'key' is missing")

    def test_bad_key(self) -> None:
        self.refused(self.filter(key="a/b"), "cannot publish: .*key")

    def test_numbers_out_of_range(self) -> None:
        for option, value in (("slots", 1), ("slots", 17), ("wait_subscribers", 257),
                              ("max_leases", 17), ("strict_timeout", 0), ("memory", 4),
                              ("sync", 4)):
            with self.subTest(option=option, value=value):
                self.refused(self.filter(**{option: value}),
                             f"'{option}' out of range")

    def test_words(self) -> None:
        for option, value in (("slots", "many"), ("policy", "perhaps"), ("anonymous", "maybe"),
                              ("strict_timeout", "soon"), ("lease_timeout", "never"),
                              ("memory", "gpu"), ("sync", "fence")):
            with self.subTest(option=option, value=value):
                self.refused(self.filter(**{option: value}), f'{value}|{option}')

    def test_places_on_a_gpu_for_frames_in_host_memory(self) -> None:
        for memory in ("cuda_ipc", "cuda_vmm"):
            self.refused(self.filter(memory=memory),
                         f"memory={memory}: the frames are in host memory; put hwupload_cuda")
        for sync in ("event", "timeline"):
            self.refused(self.filter(sync=sync), f"cannot publish: .*{sync}.* host memory")

    def test_uids_and_modes(self) -> None:
        self.refused(self.filter(allow_uids="bob"), "allow_uids: 'bob' .*1000\\+1001")
        self.refused(self.filter(socket_mode="0999"), "socket_mode: '0999' is not an octal mode")
        self.refused(self.filter(socket_mode="0060"), "lets the owner in")

    def test_an_option_that_does_not_exist(self) -> None:
        self.refused(self.filter(colour="red"), "(?i)option.* not found|error")

    def test_a_key_that_is_taken(self) -> None:
        first = self.ffmpeg(*raw("gray"), "-vf", self.filter(wait_subscribers=1), "-f", "null", "-")
        self.live()
        self.refused(self.filter(), f"cannot publish: .*{first.pid}")


class Help(Case):
    """`ffmpeg -h filter=cuframes_out` lists the options with their kinds and defaults."""

    EXPECTED = {"key": "<string>", "slots": "<int>", "policy": "<int>",
                "strict_timeout": "<duration>", "wait_subscribers": "<int>",
                "max_leases": "<int>", "lease_timeout": "<duration>", "allow_uids": "<string>",
                "anonymous": "<boolean>", "socket_mode": "<string>", "memory": "<int>",
                "sync": "<int>"}
    DEFAULTS = {"slots": "8", "policy": "drop_oldest", "strict_timeout": "1",
                "wait_subscribers": "0", "max_leases": "0", "lease_timeout": "5",
                "anonymous": "false", "socket_mode": '"0660"', "memory": "auto",
                "sync": "auto"}

    def test_options(self) -> None:
        text = self.finish(self.ffmpeg("-h", "filter=cuframes_out"))
        rows = {words[0]: words for words in map(str.split, text.splitlines())
                if len(words) > 2 and words[1] in self.EXPECTED.values()}
        self.assertEqual({name: words[1] for name, words in rows.items()}, self.EXPECTED)
        for name, default in self.DEFAULTS.items():
            self.assertIn(f"(default {default})", " ".join(rows[name]))
        for words in rows.values():
            self.assertGreater(len(words), 6, "an option without a description")
        for value in ("drop_oldest", "strict_wait", "host", "cuda_ipc", "cuda_vmm", "cpu", "event",
                      "timeline"):
            self.assertRegex(text, rf"\n +{value} +\d+ +\S+ +\w+", value)


if __name__ == "__main__":
    unittest.main()
