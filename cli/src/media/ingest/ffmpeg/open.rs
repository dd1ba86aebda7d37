//! Opening an input that can be interrupted.

use std::ffi::CString;
use std::ptr;

use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::util::interrupt;
use ffmpeg_next::{Dictionary, Error};

/// Opens `url`, as `format` if that is given, and finds out what is in it; with the names of the
/// options that nothing was done with. FFmpeg asks `interrupt` whether to give up, also in all
/// reads that follow.
pub fn open(
    url: &str,
    format: Option<&str>,
    options: Dictionary<'_>,
    interrupt: impl FnMut() -> bool + Send + 'static,
) -> Result<(Input, Vec<String>), Error> {
    let text = |text: &str| CString::new(text).map_err(|_| Error::InvalidData);
    let url = text(url)?;
    let format = match format {
        Some(name) => find_format(&text(name)?)?,
        None => ptr::null(),
    };
    let interrupt = interrupt::new(Box::new(interrupt));
    // SAFETY: it takes nothing, and returns NULL or a context that is ours.
    let mut context = unsafe { ffi::avformat_alloc_context() };
    if context.is_null() {
        return Err(Error::from(ffi::AVERROR(ffi::ENOMEM)));
    }
    // SAFETY: the context is ours alone. The callback's closure lives as long as `interrupt`,
    // which outlives the context: here, and then inside of `Input`.
    unsafe { (*context).interrupt_callback = interrupt.interrupt };
    // SAFETY: the dictionary is ours from here on.
    let mut options = unsafe { options.disown() };
    // SAFETY: a context, a text with its NUL, a format of FFmpeg's own or NULL, and a dictionary
    // that it may change. On failure it frees the context.
    let opened =
        unsafe { ffi::avformat_open_input(&mut context, url.as_ptr(), format, &raw mut options) };
    // SAFETY: what is left of the dictionary is ours, and nobody else knows it.
    let left = unsafe { Dictionary::own(options) };
    let left = left.iter().map(|(name, _)| name.to_owned()).collect();
    if opened < 0 {
        return Err(Error::from(opened));
    }
    // SAFETY: the context is open, and nobody else has it. It is closed by its drop, and only
    // then goes the guard of the closure.
    let mut input = unsafe { Input::wrap_with_interrupt(context, interrupt.guard) };
    // SAFETY: it is read as long as `input` is there.
    let context = unsafe { input.as_mut_ptr() };
    // SAFETY: the context is open; NULL stands for no options.
    let found = unsafe { ffi::avformat_find_stream_info(context, ptr::null_mut()) };
    match found < 0 {
        true => Err(Error::from(found)),
        false => Ok((input, left)),
    }
}

fn find_format(name: &CString) -> Result<*const ffi::AVInputFormat, Error> {
    // SAFETY: a text with its NUL; the result is NULL or static.
    let format = unsafe { ffi::av_find_input_format(name.as_ptr()) };
    match format.is_null() {
        true => Err(Error::DemuxerNotFound),
        false => Ok(format),
    }
}
