"""A subscriber of packets and a publisher that has none."""

from __future__ import annotations

import unittest

from cuframes_conformance.errors import ErrorCode
from cuframes_conformance.packet_subscriber import PacketSubscriber
from tests.live import WAIT, Live


class Without(Live):
    """The simulated publisher speaks version 1."""

    def test_a_publisher_of_version_1_has_no_packet_ring(self) -> None:
        with self.fails(ErrorCode.NO_PACKET_RING):
            PacketSubscriber("cam", "reader", connect_timeout=WAIT)
        # Who was refused packets has left in order: the name is free for who wants frames.
        self.segment.publish(1)
        self.assertEqual(self.read(self.join())[0], 1)


if __name__ == "__main__":
    unittest.main()
