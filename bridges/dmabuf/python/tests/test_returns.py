"""Frames as they go back."""

import json
import time
import unittest

from engine import TIMESTAMP, WithEngine, memfd, noise, plain

from frame_lending import ConnectionLost, FrameReturned, InvalidReturn, LendingError

DETECTION = {
    "class_id": 0,
    "class_name": "red",
    "confidence": 0.95,
    "bbox": {"x": 1, "y": 0.5, "width": 2, "height": 1},
}


def without(members, name):
    return {key: value for key, value in members.items() if key != name}


class Returns(WithEngine):
    def frame(self, hello=True, **members):
        self.lent = self.consumer(hello=hello)
        self.engine.lend(noise(12), **members)
        return self.lent.receive(timeout=0)

    def test_a_result_has_the_members_of_the_protocol(self):
        frame = self.frame(hello=False, sequence=(1 << 63) - 1)
        before = time.time_ns()
        frame.done("squares.onnx", 15_600_000, [DETECTION])
        said = self.engine.said()
        self.assertTrue(before <= said.pop("timestamp") <= time.time_ns())
        self.assertEqual(said, {
            "direction": "return", "stream_id": "cam1", "sequence": (1 << 63) - 1,
            "width": 4, "height": 2, "inference_time": 15_600_000, "status": "success",
            "model_name": "squares.onnx", "detections": [DETECTION],
        })

    def test_nanoseconds_keep_all_their_digits(self):
        self.frame().done("squares.onnx", (1 << 63) - 1)
        said = self.engine.said()
        self.assertEqual(said["frame_timestamp"], TIMESTAMP)
        self.assertEqual(said["inference_time"], (1 << 63) - 1)

    def test_more_members_are_passed_on(self):
        more = {**DETECTION, "track_id": "ä7", "keypoints": [{"x": 1}]}
        self.frame().done("m", 0, [more])
        self.assertEqual(self.engine.said()["detections"], [more])

    def test_a_block_that_raises_returns_an_error(self):
        frame = self.frame()
        with self.assertRaises(ZeroDivisionError):
            with frame:
                view = frame.plane(0)
                view[0] / 0
        said = self.engine.said()
        self.assertEqual((said["status"], said["sequence"]), ("error", 1))
        self.assertEqual(said["error"]["code"], "exception")
        self.assertIn("ZeroDivisionError", said["error"]["message"])
        self.assertNotIn("detections", said)

    def test_a_frame_without_a_result_is_an_error(self):
        with self.frame() as frame:
            self.assertFalse(frame.is_returned)
        self.assertTrue(frame.is_returned)
        self.assertEqual(self.engine.said()["error"]["code"], "unreturned")

    def test_a_frame_that_is_dropped_is_an_error(self):
        self.frame()
        self.assertEqual(self.engine.said()["error"]["code"], "unreturned")

    def test_a_frame_is_returned_once(self):
        frame = self.frame()
        frame.failed("busy", "too much to do", model_name="m")
        for again in (lambda: frame.done("m", 0), lambda: frame.failed("a", "b")):
            with self.assertRaises(FrameReturned):
                again()
        said = self.engine.said()
        self.assertEqual(said["error"], {"code": "busy", "message": "too much to do"})
        self.lent.close()
        with self.assertRaises(json.JSONDecodeError):
            self.engine.said()

    def test_results_that_are_none_are_not_sent(self):
        frame = self.frame()
        box = DETECTION["bbox"]
        wrong = [without(DETECTION, name) for name in DETECTION]
        wrong += [{**DETECTION, "bbox": without(box, name)} for name in box]
        wrong += [{**DETECTION, "bbox": {**box, name: value}} for name, value in [
            ("width", -1), ("height", -0.5), ("x", float("inf")), ("y", "1"), ("x", True),
            ("x", 10**400)]]
        wrong += [{**DETECTION, name: value} for name, value in [
            ("confidence", 1.01), ("confidence", -0.1), ("confidence", float("nan")),
            ("confidence", "1"), ("class_id", 1.5), ("class_id", True), ("class_id", 1 << 63),
            ("class_name", 7), ("class_name", "\ud800"), ("bbox", [0, 0, 1, 1]),
            ("more", {1, 2}), ("more", float("nan"))]]
        wrong += [None, 7, [], "red"]
        self.assertEqual(len(wrong), 30)
        for detection in wrong:
            with self.subTest(detection=detection), self.assertRaises(InvalidReturn):
                frame.done("m", 0, [DETECTION, detection])
        for name, time_taken in [(7, 0), ("m", -1), ("m", 1.0), ("m", 1 << 63), ("m", True)]:
            with self.subTest(name=name, time=time_taken), self.assertRaises(InvalidReturn):
                frame.done(name, time_taken)
        frame.done("m", 0, [DETECTION])
        # As text: integers are written as integers.
        self.assertEqual(str(self.engine.said()["detections"]), str([DETECTION]))

    def test_detections_have_a_limit(self):
        frame = self.frame()
        with self.assertRaises(InvalidReturn):
            frame.done("m", 0, [DETECTION] * 1801)
        with self.assertRaises(InvalidReturn):
            frame.done("m" * 212_960, 0)
        frame.done("m", 0, [DETECTION] * 1800)
        self.assertEqual(len(self.engine.said()["detections"]), 1800)

    def test_a_frame_whose_name_fills_a_packet_comes_back_as_an_error_of_none(self):
        consumer = self.consumer()
        long = plain(stream_id="")
        long["stream_id"] = "n" * (212_960 - len(json.dumps(long)))
        self.engine.send(long, memfd(noise(12)))
        frame = consumer.receive(timeout=0)
        with self.assertRaises(InvalidReturn), frame:
            frame.done("m", 0)
        said = self.engine.said()
        self.assertEqual((said["stream_id"], said["sequence"]), ("", 0))
        self.assertEqual(said["error"]["code"], "exception")

    def test_numbers_of_numpy_are_numbers(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("numpy is optional")
        box = {name: numpy.float32(value) for name, value in DETECTION["bbox"].items()}
        found = {**DETECTION, "class_id": numpy.int64(0), "confidence": numpy.float32(0.5)}
        self.frame().done("m", numpy.int64(5), [{**found, "bbox": box}])
        said = self.engine.said()
        self.assertEqual(said["detections"], [{**DETECTION, "confidence": 0.5}])

    def test_complaints_are_counted_and_not_answered(self):
        consumer = self.consumer()
        answer = {"direction": "return", "stream_id": "", "sequence": 0, "status": "error"}
        self.engine.send({**answer, "error": {"code": "malformed", "message": "what?"}})
        self.assertIsNone(consumer.receive(timeout=0))
        self.assertEqual((consumer.complaints, consumer.last_complaint), (1, "what?"))
        for error in ({}, {"error": "what"}, {"error": {"message": 7}}):
            self.engine.send({**answer, **error})
        self.assertIsNone(consumer.receive(timeout=0))
        self.assertEqual((consumer.complaints, consumer.refused), (4, 0))
        self.engine.lend(noise(12))
        consumer.receive(timeout=0).done("m", 0)
        self.assertEqual(self.engine.said()["status"], "success")

    def test_an_engine_that_is_gone_is_told_of(self):
        frame = self.frame()
        self.engine.hang_up()
        with self.assertRaises(ConnectionLost):
            frame.done("m", 0)
        self.assertTrue(frame.is_returned)

    def test_what_the_block_raised_is_told_where_the_engine_is_gone_too(self):
        frame = self.frame()
        self.engine.hang_up()
        with self.assertRaises(ZeroDivisionError), frame:
            raise ZeroDivisionError

    def test_frames_outlive_their_consumer(self):
        frame = self.frame()
        self.lent.close()
        self.assertEqual(bytes(frame.plane(0)), noise(12)[:8])
        with self.assertRaises(LendingError):
            frame.done("m", 0)


if __name__ == "__main__":
    unittest.main()
