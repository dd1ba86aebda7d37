//! The structures and numbers here against those of the kernel's own header.

use std::fmt::Write as _;
use std::io::Write as _;
use std::mem::offset_of;
use std::process::{Command, Stdio};

use super::layout::{
    Buffer, BufferExport, BufferPlane, BufferRequest, Capability, ControlQuery, ControlValue,
    FormatDescription, Fraction, FrameInterval, FrameSize, MenuQuery, PictureFormat, PlaneFormat,
    PlanesFormat, StreamParameters,
};
use super::{layout, requests};

/// A line of C that holds if the header says `number` too.
fn assertion(c: &mut String, expression: &str, number: usize) {
    writeln!(
        c,
        "_Static_assert({expression} == {number}, \"{expression}\");"
    )
    .unwrap();
}

macro_rules! structures {
    ($c:ident: $($ours:ident $theirs:literal { $($field:ident $name:literal),* })*) => {$(
        assertion(&mut $c, &format!("sizeof(struct {})", $theirs), size_of::<$ours>());
        $(
            let offset = format!("offsetof(struct {}, {})", $theirs, $name);
            assertion(&mut $c, &offset, offset_of!($ours, $field));
        )*
    )*};
}

macro_rules! numbers {
    ($c:ident: $($ours:path, $theirs:literal;)*) => {$(
        assertion(&mut $c, $theirs, usize::try_from($ours).unwrap());
    )*};
}

fn claims() -> String {
    let mut c = String::from("#include <stddef.h>\n#include <linux/videodev2.h>\n");
    structures! { c:
        Capability "v4l2_capability" {
            card "card", capabilities "capabilities", device_caps "device_caps"
        }
        FormatDescription "v4l2_fmtdesc" { kind "type", pixelformat "pixelformat" }
        FrameSize "v4l2_frmsizeenum" { kind "type", size "discrete", size "stepwise" }
        Fraction "v4l2_fract" { denominator "denominator" }
        FrameInterval "v4l2_frmivalenum" { kind "type", interval "discrete" }
        PictureFormat "v4l2_format" {
            width "fmt.pix.width", pixelformat "fmt.pix.pixelformat", field "fmt.pix.field",
            bytesperline "fmt.pix.bytesperline", private "fmt.pix.priv"
        }
        PlaneFormat "v4l2_plane_pix_format" { bytesperline "bytesperline" }
        PlanesFormat "v4l2_format" {
            width "fmt.pix_mp.width", field "fmt.pix_mp.field", planes "fmt.pix_mp.plane_fmt",
            num_planes "fmt.pix_mp.num_planes"
        }
        StreamParameters "v4l2_streamparm" { timeperframe "parm.capture.timeperframe" }
        BufferRequest "v4l2_requestbuffers" { kind "type", memory "memory" }
        BufferPlane "v4l2_plane" {
            length "length", m "m.mem_offset", data_offset "data_offset"
        }
        Buffer "v4l2_buffer" {
            kind "type", bytesused "bytesused", flags "flags", seconds "timestamp.tv_sec",
            microseconds "timestamp.tv_usec", sequence "sequence", memory "memory",
            m "m.offset", m "m.planes", length "length"
        }
        BufferExport "v4l2_exportbuffer" {
            kind "type", index "index", plane "plane", flags "flags", fd "fd"
        }
        ControlQuery "v4l2_queryctrl" {
            kind "type", minimum "minimum", default_value "default_value", flags "flags"
        }
        MenuQuery "v4l2_querymenu" { index "index", name "name" }
        ControlValue "v4l2_control" { value "value" }
    }
    numbers! { c:
        layout::CAPTURE, "V4L2_BUF_TYPE_VIDEO_CAPTURE";
        layout::CAPTURE_MPLANE, "V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE";
        layout::MEMORY_MMAP, "V4L2_MEMORY_MMAP";
        requests::QUERYCAP, "VIDIOC_QUERYCAP";
        requests::ENUM_FMT, "VIDIOC_ENUM_FMT";
        requests::G_FMT, "VIDIOC_G_FMT";
        requests::S_FMT, "VIDIOC_S_FMT";
        requests::G_FMT_PLANES, "VIDIOC_G_FMT";
        requests::S_FMT_PLANES, "VIDIOC_S_FMT";
        requests::REQBUFS, "VIDIOC_REQBUFS";
        requests::QUERYBUF, "VIDIOC_QUERYBUF";
        requests::QBUF, "VIDIOC_QBUF";
        requests::DQBUF, "VIDIOC_DQBUF";
        requests::EXPBUF, "VIDIOC_EXPBUF";
        requests::STREAMON, "VIDIOC_STREAMON";
        requests::STREAMOFF, "VIDIOC_STREAMOFF";
        requests::G_PARM, "VIDIOC_G_PARM";
        requests::S_PARM, "VIDIOC_S_PARM";
        requests::G_CTRL, "VIDIOC_G_CTRL";
        requests::S_CTRL, "VIDIOC_S_CTRL";
        requests::QUERYCTRL, "VIDIOC_QUERYCTRL";
        requests::QUERYMENU, "VIDIOC_QUERYMENU";
        requests::ENUM_FRAMESIZES, "VIDIOC_ENUM_FRAMESIZES";
        requests::ENUM_FRAMEINTERVALS, "VIDIOC_ENUM_FRAMEINTERVALS";
    }
    c
}

/// What the compiler has against it; empty if nothing.
fn complaints(c: &str) -> String {
    let mut compiler = Command::new("cc")
        .args(["-fsyntax-only", "-x", "c", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a C compiler");
    let mut input = compiler.stdin.take().unwrap();
    input.write_all(c.as_bytes()).unwrap();
    drop(input);
    let output = compiler.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said
}

#[test]
fn the_header_says_the_same() {
    let claims = claims();
    assert_eq!(claims.matches("_Static_assert").count(), 89);
    assert_eq!(complaints(&claims), "");
    let wrong = complaints(&claims.replace("== 88,", "== 84,"));
    assert!(wrong.contains("sizeof(struct v4l2_buffer)"), "{wrong}");
}
