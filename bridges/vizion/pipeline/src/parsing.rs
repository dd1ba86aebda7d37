//! From the pipeline's text to a pipeline with the camera's frames in front.

use gst::prelude::*;
use gst_app::AppSrc;
use vizion::VideoFormat;

use crate::allow;
use crate::front::SOURCE;
use crate::{packages, picture};

/// A pipeline that did nothing yet.
#[derive(Debug)]
pub struct Parsed {
    /// It.
    pub pipeline: gst::Pipeline,
    /// What frames enter by.
    pub source: AppSrc,
    /// The whole text of it.
    pub text: String,
    /// The decoder that was put in front, if one was needed.
    pub decoder: Option<&'static str>,
}

/// Decodes MJPG for a pipeline that begins with raw video.
const DECODER: &str = "jpegdec";

/// Parses `text`. With a list of what is allowed, nothing else is in the pipeline. An error says
/// what is wrong with the text, and what to do.
pub fn parse(
    text: &str,
    format: &VideoFormat,
    allowed: Option<&[String]>,
) -> Result<Parsed, String> {
    if let Some(allowed) = allowed {
        allow::check_text(text, allowed)?;
    }
    let parsed = parse_behind("", text)?;
    if let Some(allowed) = allowed {
        allow::check_elements(parsed.pipeline.upcast_ref(), allowed)?;
    }
    match takes(&parsed.source, &picture::caps(format)) {
        true => Ok(parsed),
        false => parse_behind(DECODER, text).map(|parsed| Parsed {
            decoder: Some(DECODER),
            ..parsed
        }),
    }
}

fn parse_behind(decoder: &str, text: &str) -> Result<Parsed, String> {
    let text = match decoder {
        "" => format!("appsrc name={SOURCE} ! {text}"),
        decoder => format!("appsrc name={SOURCE} ! {decoder} ! {text}"),
    };
    let mut context = gst::ParseContext::new();
    let flags = gst::ParseFlags::FATAL_ERRORS;
    let parsed = gst::parse::launch_full(&text, Some(&mut context), flags)
        .map_err(|error| refusal(&error, &context.missing_elements()))?;
    let pipeline = parsed
        .downcast::<gst::Pipeline>()
        .map_err(|other| format!("the pipeline's text makes a {}", other.type_()))?;
    let source = pipeline
        .by_name(SOURCE)
        .and_then(|source| source.downcast::<AppSrc>().ok())
        .ok_or_else(|| format!("the pipeline's text has an element '{SOURCE}'; rename it"))?;
    Ok(Parsed {
        pipeline,
        source,
        text,
        decoder: None,
    })
}

fn refusal(error: &gst::glib::Error, missing: &[String]) -> String {
    // Elements whose properties cannot be set are among the missing ones too.
    match error.matches(gst::ParseError::NoSuchElement) && !missing.is_empty() {
        true => packages::missing(missing),
        false => format!("the pipeline does not parse: {}", error.message()),
    }
}

/// Whether the element behind `source` may take `caps`. Raw video is the usual thing to begin with,
/// and what does not take it is told when the frames come.
fn takes(source: &AppSrc, caps: &gst::Caps) -> bool {
    let is_raw = |caps: &gst::Caps| {
        caps.structure(0)
            .is_some_and(|one| one.name() == "video/x-raw")
    };
    let next = source.static_pad("src").and_then(|pad| pad.peer());
    is_raw(caps) || next.is_none_or(|pad| pad.query_caps(None).can_intersect(caps))
}
