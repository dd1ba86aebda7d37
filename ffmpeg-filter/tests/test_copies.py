"""Frames that stand in our slots are published without a copy: proven by address."""

from __future__ import annotations

import os
import unittest

from harness import FRAMES, Case, hashes, interposer, lines, raw, reference


class Copies(Case):
    """What is counted here is what the interposer saw, not what the filter says of itself."""

    def run_alone(self, graph: str) -> list[tuple[str, str, str]]:
        """Run a graph over 60 frames with nobody reading: (call, address, where) in order."""
        addresses = self.path("addresses")
        env = os.environ | {"LD_PRELOAD": str(interposer()), "ADDRESSES": str(addresses)}
        writer = self.ffmpeg(*raw("yuv420p"), "-vf", graph, "-f", "framemd5", self.path("passed"),
                             env=env)
        self.said = self.finish(writer)
        return [tuple(line.split()) for line in addresses.read_text().splitlines()]

    def publish(self, graph: str) -> list[tuple[str, str, str]]:
        """The same with a strict reader."""
        reference(*raw("yuv420p"), "-f", "framemd5", self.path("reference"))
        reader = self.sub(self.path("read"))
        calls = self.run_alone(graph)
        self.finish(reader)
        self.assertEqual(len(lines(self.path("reference"))), FRAMES)
        self.assertEqual(len(lines(self.path("read"))), FRAMES)
        return calls

    def unchanged(self, name: str) -> None:
        """What was read, or passed on, is the input."""
        self.assertEqual(hashes(self.path(name)), hashes(self.path("reference")))

    def only(self, calls: list[tuple[str, str, str]], *names: str) -> list[tuple[str, str, str]]:
        return [call for call in calls if call[0] in names]

    def test_a_filter_before_writes_into_the_slot(self) -> None:
        # The picture behind is another buffer, so that no slot waits in a queue of ffmpeg; and
        # nobody holds a frame, so that a slot is always free.
        calls = self.run_alone(f"copy,{self.filter()},scale=16:16")
        self.assertEqual(len(self.only(calls, "filled")), FRAMES)
        self.assertEqual([call[0] for call in calls], ["filled", "slot"] * FRAMES)
        self.assertEqual({call[2] for call in calls}, {"pool"})
        self.assertEqual([call[1] for call in self.only(calls, "filled")],
                         [call[1] for call in self.only(calls, "slot")])
        self.assertGreater(len({call[1] for call in calls}), 1, "always the same slot")
        self.assertIn("in place, without a copy", self.said)
        self.assertIn(f"{FRAMES} published, 0 dropped, 0 copies", self.said)

    def test_what_was_written_into_the_slot_is_what_is_read(self) -> None:
        # A reader that is behind may leave no slot free for a moment: then it is one copy.
        calls = self.publish(f"copy,{self.strict(slots=16)},scale=16:16")
        self.unchanged("read")
        pairs = list(zip(calls[::2], calls[1::2], strict=True))
        self.assertEqual(len(pairs), FRAMES)
        for filled, published in pairs:
            self.assertEqual((filled[0], filled[1]), ("filled", published[1]))
            self.assertIn((published[0], published[2]), {("slot", "pool"), ("copied", "elsewhere")})
        self.assertGreater(len(self.only(calls, "slot")), 0)

    def test_a_conversion_writes_into_the_slot(self) -> None:
        calls = self.run_alone(f"scale=160:120,format=bgr24,{self.filter()},scale=16:16")
        self.assertEqual([(call[0], call[2]) for call in calls], [("slot", "pool")] * FRAMES)

    def test_a_decoder_costs_one_copy(self) -> None:
        calls = self.publish(self.strict())
        self.assertEqual([(call[0], call[2]) for call in calls],
                         [("copied", "elsewhere")] * FRAMES)
        self.assertIn(f"{FRAMES} published, 0 dropped, {FRAMES} copies", self.said)
        self.unchanged("read")
        self.unchanged("passed")

    def test_a_filter_that_draws_behind_changes_nothing_for_readers(self) -> None:
        calls = self.publish(f"copy,{self.strict()},drawbox=w=40:h=40:color=invert:t=fill")
        self.unchanged("read")
        self.assertGreater(len(self.only(calls, "slot")), 0)
        self.assertEqual(len(self.only(calls, "slot", "copied")), FRAMES)
        passed = hashes(self.path("passed"))
        self.assertEqual(len(passed), FRAMES)
        self.assertEqual(set(passed) & set(hashes(self.path("reference"))), set())

    def test_without_a_free_slot_the_buffer_is_ordinary(self) -> None:
        # The filter behind keeps 20 frames to send them again, which is more than there is.
        calls = self.publish(f"copy,{self.strict(slots=4)},loop=loop=1:size=20")
        self.unchanged("read")
        filled = self.only(calls, "filled")
        self.assertEqual(len(filled), FRAMES)
        copied = self.only(calls, "copied")
        self.assertGreaterEqual(len(copied), 18)  # two of the four slots are handed out
        self.assertEqual(len(copied) + len(self.only(calls, "slot")), FRAMES)
        self.assertEqual({call[2] for call in copied}, {"elsewhere"})
        self.assertEqual(len([call for call in filled if call[2] == "elsewhere"]), len(copied))
        self.assertIn(f"{FRAMES} published, 0 dropped, {len(copied)} copies", self.said)

    def test_two_slots_are_enough_whatever_is_held_behind(self) -> None:
        calls = self.publish(f"copy,{self.strict(slots=2)},loop=loop=1:size=20")
        self.unchanged("read")
        self.assertEqual(len(self.only(calls, "copied")), FRAMES)


if __name__ == "__main__":
    unittest.main()
