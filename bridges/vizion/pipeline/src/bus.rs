//! What a pipeline says of itself, in words for its user.

use gst::message::{Error, MessageView, Warning};
use gst::prelude::*;

use crate::front::SOURCE;

/// What a pipeline says of itself.
#[derive(Debug)]
pub enum Word {
    /// It does not work.
    Error(String),
    /// It works, but not as it should.
    Warning(String),
    /// Every frame is through.
    Eos,
    /// Its elements take another time than they said.
    Latency,
}

/// Passes on what a pipeline says, from whichever of its threads says it.
pub fn listen(
    pipeline: &gst::Pipeline,
    reply: gst::BusSyncReply,
    hear: impl Fn(Word) + Send + Sync + 'static,
) {
    let Some(bus) = pipeline.bus() else {
        return;
    };
    let pipeline = pipeline.downgrade();
    bus.set_sync_handler(move |_, message| {
        let caps = || {
            let source = pipeline
                .upgrade()
                .and_then(|pipeline| pipeline.by_name(SOURCE));
            let pad = source.and_then(|source| source.static_pad("src"));
            pad.and_then(|pad| pad.current_caps())
        };
        match message.view() {
            MessageView::Error(error) => hear(Word::Error(explain(error, caps()))),
            MessageView::Warning(warning) => hear(Word::Warning(mention(warning))),
            MessageView::Eos(_) => hear(Word::Eos),
            MessageView::Latency(_) => hear(Word::Latency),
            _ => {}
        }
        reply
    });
}

fn explain(error: &Error, caps: Option<gst::Caps>) -> String {
    let debug = error.debug().unwrap_or_default();
    if debug.contains("not-negotiated") {
        let caps = caps.map_or_else(|| "unknown".to_owned(), |caps| caps.to_string());
        return format!(
            "the pipeline's elements do not agree on a format; put videoconvert in front of the one \
             that does not take the camera's frames ({caps})"
        );
    }
    let who = name(error.src());
    let why = error.error();
    match details(&debug) {
        "" => format!("{who}: {why}"),
        details => format!("{who}: {why} ({details})"),
    }
}

fn mention(warning: &Warning) -> String {
    format!("{}: {}", name(warning.src()), warning.error())
}

fn name(source: Option<&gst::Object>) -> String {
    let Some(source) = source else {
        return "the pipeline".to_owned();
    };
    let element = source.downcast_ref::<gst::Element>();
    let factory = element.and_then(|element| element.factory());
    match factory {
        Some(factory) => format!("the pipeline's {} ({})", factory.name(), source.name()),
        None => format!("the pipeline's {}", source.name()),
    }
}

/// What an element says in addition. Before it stand the place in its source and its path.
fn details(debug: &str) -> &str {
    let mut lines = debug.lines();
    lines.next();
    lines.next().unwrap_or_default().trim_end_matches(':')
}
