"""Joining a simulated publisher over a real socket: HELLO, fds, refusals (protocol 1, 3)."""

from __future__ import annotations

import json
import os
import unittest
from unittest import mock

import make_vectors
from cuframes_conformance import locate, validate, wire
from cuframes_conformance.errors import ErrorCode
from cuframes_conformance.subscriber import Subscriber
from tests.live import WAIT, Live
from tests.simulated import memfd


class Handshake(Live):
    """protocol 3."""

    def test_hello_is_that_of_the_vector(self) -> None:
        with mock.patch("os.getpid", return_value=4242):
            subscriber = Subscriber("cam", "viewer-4242", connect_timeout=WAIT)
        self.addCleanup(subscriber.close)
        attached = self.publisher.await_message("ATTACHED")[0]
        hello = self.publisher.await_message("HELLO_REQ")[0]
        vectors = json.loads((make_vectors.VECTORS / "messages.json").read_text("utf-8"))
        golden = next(vector for vector in vectors if vector["name"] == "hello_req_v1")
        self.assertEqual(hello.hex(), golden["hex"])
        self.assertEqual(wire.ATTACHED.unpack(attached), {"index": 7, "capabilities": 9})

    def test_page_is_filled_in_before_attached(self) -> None:
        for _ in range(3):
            self.segment.publish()
        self.join()
        self.publisher.await_message("ATTACHED")
        page = wire.SUBSCRIBER_SLOT.unpack(self.segment.pages[0].words(0, 128))
        self.assertEqual((page["pid"], page["mode"], page["consumed_seq"]), (os.getpid(), 2, 2))

    def test_detach_is_said(self) -> None:
        Subscriber("cam", "reader", connect_timeout=WAIT).close()
        self.assertEqual(self.publisher.await_message("DETACH"), [b"\0\0\0\0"])
        self.publisher.await_message(None)

    def test_refused_with_the_publishers_code(self) -> None:
        self.publisher.refusals = [(-14, "full")]
        with self.fails(ErrorCode.TOO_MANY_SUBSCRIBERS, refused=True):
            self.join()

    def test_a_taken_name_is_tried_again(self) -> None:
        self.publisher.refusals = [(-3, "taken"), (-3, "taken")]
        self.segment.publish()
        self.assertEqual(self.read(self.join())[0], 1)
        self.assertEqual(len(self.publisher.peers), 3)

    def test_no_publisher(self) -> None:
        with self.fails(ErrorCode.NOT_FOUND):
            Subscriber("other", connect_timeout=0)

    def test_a_foreign_uid_is_not_trusted(self) -> None:
        with self.fails(ErrorCode.PERMISSION):
            locate.connect_once("cam", {os.getuid() + 1})
        locate.connect_once("cam", {os.getuid()}).close()

    def test_an_older_reconfigure_and_unknown_optional_messages_are_skipped(self) -> None:
        self.publisher.before_resp = [
            wire.message("RECONFIGURE", wire.RECONFIGURE.pack({"epoch": 99})),
            wire.message(0x7F01, b"\1\2\3", wire.TLV_FLAG["OPTIONAL"])]
        self.segment.publish()
        self.assertEqual(self.read(self.join())[0], 1)

    def test_an_unknown_message_is_answered_by_error(self) -> None:
        self.publisher.before_resp = [wire.message(0x7F01, b"\1\2\3")]
        with self.fails(ErrorCode.PROTOCOL):
            self.join()
        error = validate.error(self.publisher.await_message("ERROR")[0])
        self.assertEqual(error["code"], ErrorCode.PROTOCOL)
        self.publisher.await_message(None)

    def test_a_wrong_answer_is_answered_by_error(self) -> None:
        self.publisher.resp = {"max_leases": 0}
        with self.fails(ErrorCode.PROTOCOL):
            self.join()
        self.publisher.await_message("ERROR")


class Fds(Live):
    """protocol 1, "Fds handed out"."""

    def refused(self) -> None:
        with self.fails(ErrorCode.PROTOCOL):
            self.join()

    def test_a_page_without_seals(self) -> None:
        self.publisher.page_seals = 2
        self.refused()

    def test_a_page_of_a_wrong_size(self) -> None:
        self.publisher.page_size = 8192
        self.refused()

    def test_a_pool_smaller_than_it_says(self) -> None:
        self.publisher.resp = {"pool_size": 5 * 4096}
        self.refused()

    def test_an_fd_too_many(self) -> None:
        self.publisher.extra_fds = [0]
        self.refused()

    def test_more_fds_than_a_message_may_have(self) -> None:
        self.publisher.extra_fds = [0] * 6
        self.refused()

    def test_an_fd_too_few(self) -> None:
        self.publisher.resp = {"fd_mask": 1 | 2 | 4 | 8}
        self.refused()

    def test_an_fd_with_another_message(self) -> None:
        subscriber = self.join()
        self.publisher.await_message("ATTACHED")
        self.publisher.send(wire.message("CLOSE", b"\1\0\0\0"), (0,))
        with self.fails(ErrorCode.PROTOCOL):
            subscriber.next(WAIT)

    def test_an_unsealed_control_memfd(self) -> None:
        os.close(self.segment.control_fd)
        self.segment.control_fd, mapping = memfd(4096, 0)
        self.addCleanup(mapping.close)
        self.refused()

    def test_fds_and_maps_do_not_grow(self) -> None:
        def resources() -> tuple[int, int]:
            with open("/proc/self/maps", encoding="ascii") as maps:
                mapped = sum("cuframes-test" in line for line in maps)
            return len(os.listdir("/proc/self/fd")), mapped

        counts = []
        for turn in range(1, 6):
            Subscriber("cam", "reader", connect_timeout=WAIT).close()
            self.publisher.await_message(None, turn)
            for page in self.segment.pages:
                page.close()
            self.segment.pages.clear()
            self.publisher.peers.pop().close()
            counts.append(resources())
        self.assertEqual(len(set(counts)), 1, counts)


if __name__ == "__main__":
    unittest.main()
