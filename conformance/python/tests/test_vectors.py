"""The committed vectors: complete, decodable, and refused where they must be."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import make_vectors
from cuframes_conformance import validate, wire
from cuframes_conformance.errors import CuframesError, ErrorCode
from cuframes_conformance.layout import Struct
from cuframes_conformance.samples.base import EPOCH, bytes_of, decode, jsonable

FILES = {"layout.json": 16, "constants.json": 18, "control_segment.json": 8, "frame_meta.json": 6,
         "slot_descriptor.json": 2, "subscriber_page.json": 5, "tlv_header.json": 5,
         "messages.json": 26, "handshakes.json": 40, "finding.json": 21,
         "refusals.json": 105, "packet_segment.json": 7, "packet_slot.json": 4,
         "packet_ring.json": 27, "zerobuffer.json": 6, "vizion.json": 3}
POSITIVE = ["control_segment.json", "frame_meta.json", "slot_descriptor.json",
            "subscriber_page.json", "tlv_header.json", "messages.json", "packet_segment.json",
            "packet_slot.json"]


def load(name: str) -> Any:
    """A committed vector file."""
    return json.loads((make_vectors.VECTORS / name).read_text("utf-8"))


def check(struct: str, raw: bytes, context: dict[str, Any]) -> None:
    """Do with the bytes what a peer that knows ``context`` does before it uses them."""
    versions = validate.Versions(context.get("lowest", 1), context.get("highest", 1))
    if struct == "hello_req":
        validate.hello_req(raw, versions, context["capabilities"])
    elif struct == "hello_resp":
        validate.hello_resp(raw, versions, context["capabilities"],
                            context.get("packet_flags", 0))
    elif struct == "packet_header":
        validate.packet_header(raw, context["size"], {**context,
                                                      "packet_epoch": int(context["packet_epoch"])})
    elif struct == "control_segment":
        resp = {"epoch": int(context["epoch"]), "pool_size": context["pool_size"],
                "memory_kind": 3, "sync_kind": 0}
        validate.control_header(raw, context["agreed"], resp)
    elif struct == "frame_meta":
        validate.frame_meta(validate.parse(wire.FRAME_META, raw), context["frame_size"],
                            context["pool_size"])
    elif struct in ("stats", "error", "tlv_header"):
        {"stats": validate.stats, "error": validate.error,
         "tlv_header": validate.tlv_header}[struct](raw)
    else:
        layout = next(entry for entry in wire.STRUCTS if entry.name == struct)
        validate.parse(layout, raw)


class Committed(unittest.TestCase):
    """The files are what the generator makes."""

    def test_every_file_has_its_vectors(self) -> None:
        found = {path.name: len(load(path.name)) for path in make_vectors.VECTORS.glob("*.json")}
        self.assertEqual(found, FILES)

    def test_generator_agrees(self) -> None:
        self.assertEqual(make_vectors.differences(), [])

    def test_rendering_loses_nothing(self) -> None:
        for name, content in make_vectors.documents().items():
            self.assertEqual(json.loads(make_vectors.render(content)), jsonable(content), name)

    def test_a_changed_byte_a_missing_and_a_foreign_file_are_seen(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for path in make_vectors.VECTORS.glob("*.json"):
                (Path(folder) / path.name).write_bytes(path.read_bytes())
            with mock.patch.object(make_vectors, "VECTORS", Path(folder)):
                self.assertEqual(make_vectors.differences(), [])
                meta = Path(folder) / "frame_meta.json"
                meta.write_text(meta.read_text("utf-8").replace("55a0fc01", "55a0fc02", 1), "utf-8")
                (Path(folder) / "layout.json").unlink()
                (Path(folder) / "stranger.json").write_text("[]", "utf-8")
                self.assertEqual(make_vectors.differences(),
                                 ["frame_meta.json", "layout.json", "stranger.json"])


class Content(unittest.TestCase):
    """What stands in the files is what the bytes mean."""

    def test_fields_are_those_of_the_bytes(self) -> None:
        for name in POSITIVE:
            for vector in load(name):
                with self.subTest(file=name, vector=vector["name"]):
                    fields = jsonable(decode(vector["struct"], bytes_of(vector)))
                    self.assertEqual(fields, vector["fields"])

    def test_message_headers_fit_their_payload(self) -> None:
        for vector in load("messages.json"):
            with self.subTest(vector=vector["name"]):
                head = validate.tlv_header(bytes.fromhex(vector["header"]["hex"]))
                self.assertEqual(head["length"], len(bytes_of(vector)))
                self.assertEqual({**head, "hex": vector["header"]["hex"]}, vector["header"])

    def test_golden_segments_are_accepted(self) -> None:
        for vector in load("control_segment.json"):
            with self.subTest(vector=vector["name"]):
                header = validate.control_header(bytes_of(vector), 1, None)
                self.assertEqual(header["epoch"], EPOCH)

    def test_a_layout_with_a_hole_or_an_overlap_is_refused(self) -> None:
        for table in ("0 u32 a\n8 u64 b", "0 u64 a\n4 u64 b", "0 u32 a", "0 u32 a\n4 u32 a"):
            with self.assertRaises(ValueError):
                Struct("wrong", "-", 16 if "8" in table else 8, table)


class Refusals(unittest.TestCase):
    """Bad bytes are refused with the code of the vector; the good ones beside them are not."""

    def test_each_is_refused_with_its_code(self) -> None:
        refused = 0
        for vector in load("refusals.json"):
            with self.subTest(vector=vector["name"]):
                with self.assertRaises(CuframesError) as caught:
                    check(vector["struct"], bytes_of(vector), vector["context"])
                self.assertIs(caught.exception.code, ErrorCode[vector["error"]])
                refused += 1
        self.assertEqual(refused, FILES["refusals.json"])

    def test_good_hellos_pass_the_same_checks(self) -> None:
        host = 1 | 8 | 64 | 128
        for vector in load("messages.json"):
            with self.subTest(vector=vector["name"]):
                context = {"lowest": 1, "highest": 2, "capabilities": host, "packet_flags": 3}
                if vector["name"] == "hello_resp_observer":
                    check(vector["struct"], bytes_of(vector), context)
                elif vector["struct"] in ("hello_req", "hello_resp"):
                    check(vector["struct"], bytes_of(vector), {**context, "capabilities": 73})

    def test_keys(self) -> None:
        for good in ("a", "cam1", "A.b_c-9", "x" * 63, "packets", "-packets-"):
            validate.key(good)
        for bad in ("", ".a", "a" * 64, "a/b", "a-packets", "-packets", "ä", "a b", "a\n", "a\0"):
            with self.subTest(key=bad), self.assertRaises(CuframesError) as caught:
                validate.key(bad)
            self.assertIs(caught.exception.code, ErrorCode.INVALID_ARGUMENT)


class Handshakes(unittest.TestCase):
    """Every step decodes, and the checks of both sides agree with the stated outcome."""

    def test_steps_decode(self) -> None:
        for vector in load("handshakes.json"):
            for step in filter(lambda entry: "hex" in entry, vector["steps"]):
                raw = bytes.fromhex(step["hex"])
                head = wire.TLV_HEADER.unpack(raw[:8])
                with self.subTest(vector=vector["name"], message=step["message"]):
                    if step["struct"] == "opaque":
                        continue
                    self.assertEqual(head["length"], len(raw) - 8)
                    fields = decode(step["struct"], raw[8:])
                    self.assertLessEqual(set(step["varies"]), set(fields))

    def test_agreed_version_is_that_of_the_outcome(self) -> None:
        agreed = {}
        for vector in load("handshakes.json"):
            if vector["outcome"]["state"] != "LIVE":
                continue
            hellos = [bytes.fromhex(step["hex"])[8:] for step in vector["steps"]
                      if step.get("message") == "HELLO_REQ"]
            versions = validate.Versions(**vector["publisher"])
            req = validate.hello_req(hellos[0], versions, 1 | 8 | 64)
            agreed[vector["name"]] = req["agreed"]
            self.assertEqual(req["agreed"], vector["outcome"]["proto_version"])
        self.assertEqual(len(agreed), 14)
        self.assertEqual(agreed["v1_publisher_v2_subscriber"], 1)
        self.assertEqual(agreed["v2_publisher_v1_subscriber"], 1)
        self.assertEqual(agreed["v2_publisher_v2_subscriber"], 2)

    def test_every_refusal_ends_with_its_error_and_a_close(self) -> None:
        ended = 0
        for vector in load("handshakes.json"):
            code = vector["outcome"].get("error")
            if code is None:
                continue
            error, close = vector["steps"][-2:]
            fields = decode("error", bytes.fromhex(error["hex"])[8:])
            self.assertEqual(fields["code"], ErrorCode[code])
            self.assertEqual(close, {"from": "publisher", "event": "close"})
            ended += 1
        self.assertEqual(ended, 24)


if __name__ == "__main__":
    unittest.main()
