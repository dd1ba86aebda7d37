//! The session description of a pipeline that sends RTP by udpsink.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use gst::prelude::*;
use gst_sdp::SDPMedia;

/// Where one stream goes.
#[derive(Clone, Debug)]
struct Target {
    host: String,
    port: u16,
    caps: Option<gst::Caps>,
}

/// Tells `found` a description of what the pipeline's udpsinks send as RTP, once all of it is known
/// and whenever it changes.
pub fn watch(pipeline: &gst::Pipeline, found: impl Fn(String) + Send + Sync + 'static) {
    let pads: Vec<(gst::Pad, Target)> = pipeline
        .iterate_recurse()
        .into_iter()
        .flatten()
        .filter_map(|element| target(&element))
        .collect();
    let targets: Vec<Target> = pads.iter().map(|(_, target)| target.clone()).collect();
    let targets = Arc::new(Mutex::new(targets));
    let found = Arc::new(found);
    for (number, (pad, _)) in pads.into_iter().enumerate() {
        let (targets, found) = (Arc::clone(&targets), Arc::clone(&found));
        pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, probe| {
            if let Some(gst::PadProbeData::Event(event)) = &probe.data
                && let gst::EventView::Caps(caps) = event.view()
            {
                let mut targets = targets.lock().unwrap_or_else(PoisonError::into_inner);
                targets[number].caps = Some(caps.caps_owned());
                if let Some(text) = describe(&targets) {
                    found(text);
                }
            }
            gst::PadProbeReturn::Ok
        });
    }
}

fn target(element: &gst::Element) -> Option<(gst::Pad, Target)> {
    let factory = element.factory()?;
    if factory.name() != "udpsink" {
        return None;
    }
    let port = element.property::<i32>("port");
    let target = Target {
        host: element.property::<Option<String>>("host")?,
        port: u16::try_from(port).ok()?,
        caps: None,
    };
    Some((element.static_pad("sink")?, target))
}

/// The description, if everything that is sent is RTP and known.
fn describe(targets: &[Target]) -> Option<String> {
    let first = targets.first()?;
    let (kind, address) = connection(&first.host);
    // SDPMessage does the same but for the times: an empty list of repetitions crashes it.
    let mut text = format!("v=0\r\no=- 0 0 IN {kind} {address}\r\ns=vizion\r\nt=0 0\r\n");
    for target in targets {
        text += &media(target)?.as_text().ok()?;
    }
    Some(text)
}

fn media(target: &Target) -> Option<SDPMedia> {
    let caps = target.caps.as_ref()?;
    let rtp = caps.structure(0)?;
    if rtp.name() != "application/x-rtp" {
        return None;
    }
    let mut media = SDPMedia::new();
    media.set_media_from_caps(caps).ok()?;
    media.set_port_info(u32::from(target.port), 1);
    media.set_proto("RTP/AVP");
    let (kind, address) = connection(&target.host);
    let ttl = match target.host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_multicast() => 1,
        _ => 0,
    };
    media.add_connection("IN", kind, address, ttl, 0);
    Some(media)
}

/// Kind and address of a line `c=`.
fn connection(host: &str) -> (&'static str, &str) {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(_)) => ("IP6", host),
        _ => ("IP4", host),
    }
}
