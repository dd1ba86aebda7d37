//! The decoder's surfaces: painted in the order of a stream, overwritten when given back, and
//! refused with a code where a program is wrong.

use std::ptr;
use std::sync::Arc;

use cudarc::driver::{CudaContext, CudaStream, DevicePtr, result};

use crate::Result;
use crate::check::Checks;
use crate::memory::{read, wait_value, write_value};
use crate::nvdec::abi::code;
use crate::nvdec::{HEIGHT, Mapped, Nvdec, info};

/// What a surface is overwritten with.
const GIVEN_BACK: u8 = 0xa5;

pub fn decoder(checks: &mut Checks) -> Result<()> {
    let nvdec = Nvdec::load()?;
    result::init()?;
    let before = nvdec.create(&mut info()).map(|_| ());
    checks.equal(
        "a decoder without a context",
        before,
        Err(code::INVALID_CONTEXT),
    )?;
    let context = CudaContext::new(0)?;
    pictures(checks, &nvdec, &context)?;
    order(checks, &nvdec, &context)?;
    refusals(checks, &nvdec, &context)
}

/// The pixels of a mapped picture, behind what is on the stream.
fn pixels(stream: &CudaStream, mapped: &Mapped) -> Result<Vec<u8>> {
    Ok(read(stream, mapped.at, mapped.pitch * HEIGHT * 3 / 2)?)
}

/// Pixels follow from the compressed bytes and from nothing else.
fn pictures(checks: &mut Checks, nvdec: &Nvdec, context: &Arc<CudaContext>) -> Result<()> {
    let stream = context.new_stream()?;
    let mut seen = Vec::new();
    for bytes in [&b"one"[..], b"two", b"one"] {
        let decoder = made(nvdec)?;
        checks.equal("decode", nvdec.decode(decoder, 2, bytes), code::SUCCESS)?;
        let mapped = mapped(nvdec.map(decoder, 2, stream.cu_stream()))?;
        seen.push(pixels(&stream, &mapped)?);
        checks.equal(
            "destroy a mapped one",
            nvdec.destroy(decoder),
            code::SUCCESS,
        )?;
    }
    checks.equal("the same bytes, the same pixels", seen[0] == seen[2], true)?;
    checks.equal("other bytes, other pixels", seen[0] == seen[1], false)
}

/// Who does not wait sees no picture; who keeps a surface that was given back sees it go.
fn order(checks: &mut Checks, nvdec: &Nvdec, context: &Arc<CudaContext>) -> Result<()> {
    let (painter, reader) = (context.new_stream()?, context.new_stream()?);
    let gate = painter.alloc_zeros::<u64>(1)?;
    painter.synchronize()?;
    let (gate, _recorded) = gate.device_ptr(&painter);
    let decoder = made(nvdec)?;
    checks.equal(
        "decode",
        nvdec.decode(decoder, 0, b"picture"),
        code::SUCCESS,
    )?;
    checks.equal(
        "decode",
        nvdec.decode(decoder, 1, b"another"),
        code::SUCCESS,
    )?;

    wait_value(&painter, gate, 1)?;
    let first = mapped(nvdec.map(decoder, 0, painter.cu_stream()))?;
    let early = pixels(&reader, &first)?;
    write_value(&reader, gate, 1)?;
    let picture = pixels(&painter, &first)?;
    checks.equal("without a wait: the picture", early == picture, false)?;

    checks.equal("unmap", nvdec.unmap(decoder, first.at), code::SUCCESS)?;
    let row = &pixels(&painter, &first)?[..64];
    checks.equal("a surface given back", row, &[GIVEN_BACK; 64][..])?;
    let second = mapped(nvdec.map(decoder, 1, painter.cu_stream()))?;
    checks.equal("the next picture's surface", second.at, first.at)?;
    let other = pixels(&painter, &second)?;
    checks.equal("the picture kept without a copy", other == picture, false)?;
    checks.equal("unmap", nvdec.unmap(decoder, second.at), code::SUCCESS)?;
    checks.equal("destroy", nvdec.destroy(decoder), code::SUCCESS)
}

fn refusals(checks: &mut Checks, nvdec: &Nvdec, context: &Arc<CudaContext>) -> Result<()> {
    let stream = context.new_stream()?;
    let stream = stream.cu_stream();
    let mut wrong = info();
    wrong.width = 1 << 20;
    checks.equal(
        "too wide",
        nvdec.create(&mut wrong),
        Err(code::INVALID_VALUE),
    )?;
    let mut wrong = info();
    wrong.chroma = 3;
    checks.equal("4:4:4", nvdec.create(&mut wrong), Err(code::NOT_SUPPORTED))?;
    let mut wrong = info();
    wrong.lock = ptr::without_provenance_mut(0xbad);
    checks.equal(
        "a lock from nowhere",
        nvdec.create(&mut wrong),
        Err(code::INVALID_HANDLE),
    )?;

    let decoder = made(nvdec)?;
    checks.equal(
        "no such surface",
        nvdec.decode(decoder, 4, b"x"),
        code::INVALID_VALUE,
    )?;
    checks.equal(
        "no bytes",
        nvdec.decode(decoder, 0, b""),
        code::INVALID_VALUE,
    )?;
    checks.equal(
        "not decoded",
        nvdec.map(decoder, 0, stream),
        Err(code::INVALID_VALUE),
    )?;
    checks.equal("decode", nvdec.decode(decoder, 0, b"x"), code::SUCCESS)?;
    let first = mapped(nvdec.map(decoder, 0, stream))?;
    let second = mapped(nvdec.map(decoder, 0, stream))?;
    checks.equal(
        "all are mapped",
        nvdec.map(decoder, 0, stream),
        Err(code::MAP_FAILED),
    )?;
    checks.equal("unmap", nvdec.unmap(decoder, first.at), code::SUCCESS)?;
    checks.equal(
        "unmap it again",
        nvdec.unmap(decoder, first.at),
        code::INVALID_VALUE,
    )?;
    checks.equal("unmap", nvdec.unmap(decoder, second.at), code::SUCCESS)?;
    checks.equal("destroy", nvdec.destroy(decoder), code::SUCCESS)?;
    checks.equal(
        "destroy it again",
        nvdec.destroy(decoder),
        code::INVALID_HANDLE,
    )?;
    checks.equal(
        "a dead decoder",
        nvdec.decode(decoder, 0, b"x"),
        code::INVALID_HANDLE,
    )
}

fn made(nvdec: &Nvdec) -> Result<*mut std::ffi::c_void> {
    Ok(nvdec
        .create(&mut info())
        .map_err(|code| format!("no decoder: code {code}"))?)
}

fn mapped(result: std::result::Result<Mapped, i32>) -> Result<Mapped> {
    Ok(result.map_err(|code| format!("no surface: code {code}"))?)
}
