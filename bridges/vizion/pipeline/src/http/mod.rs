//! `multipartmux ! tcpserversink` as an HTTP server: those who connect send a request, and see the
//! frames only if they are answered.

mod clients;
mod request;

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use gst::glib;
use gst::prelude::*;

use crate::packages;
use clients::Clients;

/// Buffers that a slow client may be behind before it goes on with the newest frame, and before it
/// is given up. Each part has three.
const SOFT_MAX: i64 = 3 * 30;
const HARD_MAX: i64 = 3 * 120;

/// Puts an HTTP server in the place of each tcpserversink that a multipartmux feeds, and returns what
/// is to be told of them.
pub fn serve(pipeline: &gst::Pipeline) -> Result<Vec<String>, String> {
    let elements: Vec<gst::Element> = pipeline.iterate_recurse().into_iter().flatten().collect();
    let mut notes = Vec::new();
    for sink in elements {
        if is_made_by(&sink, "tcpserversink")
            && let Some(mux) = muxer(&sink)
        {
            notes.push(replace(&sink, &mux)?);
        }
    }
    Ok(notes)
}

fn is_made_by(element: &gst::Element, name: &str) -> bool {
    element
        .factory()
        .is_some_and(|factory| factory.name() == name)
}

/// The multipartmux that feeds an element, with nothing in between but what passes everything on.
fn muxer(element: &gst::Element) -> Option<gst::Element> {
    let above = element.static_pad("sink")?.peer()?.parent_element()?;
    let passes = ["queue", "queue2", "identity", "capsfilter"];
    match () {
        () if is_made_by(&above, "multipartmux") => Some(above),
        () if passes.iter().any(|name| is_made_by(&above, name)) => muxer(&above),
        () => None,
    }
}

fn replace(sink: &gst::Element, mux: &gst::Element) -> Result<String, String> {
    let name = sink.name();
    let failed = |what: glib::BoolError| format!("the pipeline's {name} cannot be served: {what}");
    let listener = listen(sink)?;
    let factory = gst::ElementFactory::find("multisocketsink");
    let factory = factory.ok_or_else(|| packages::missing(&["multisocketsink".to_owned()]))?;
    let served = factory.create().build().map_err(failed)?;
    copy_properties(sink, &served);
    // Whoever joins begins with a whole part.
    served.set_property_from_str("sync-method", "next-keyframe");
    served.set_property_from_str("recover-policy", "keyframe");
    for (limit, value) in [("units-soft-max", SOFT_MAX), ("units-max", HARD_MAX)] {
        if served.property::<i64>(limit) < 0 {
            served.set_property(limit, value);
        }
    }
    let bin = sink.parent().and_downcast::<gst::Bin>();
    let (Some(bin), Some(pad)) = (bin, sink.static_pad("sink")) else {
        return Err(format!("the pipeline's {name} stands alone"));
    };
    let above = pad.peer();
    if let Some(above) = &above {
        above.unlink(&pad).map_err(failed)?;
    }
    bin.remove(sink).map_err(failed)?;
    bin.add(&served).map_err(failed)?;
    if let (Some(above), Some(pad)) = (above, served.static_pad("sink")) {
        let linked = above.link(&pad);
        linked.map_err(|error| format!("the pipeline's {name} cannot be served: {error}"))?;
    }
    let boundary = mux
        .property::<Option<String>>("boundary")
        .unwrap_or_default();
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Clients::new(&served, &boundary)
        .accept(listener)
        .map_err(|error| error.to_string())?;
    Ok(format!("{name} is served at http://{address}/"))
}

fn listen(sink: &gst::Element) -> Result<TcpListener, String> {
    let host = sink.property::<Option<String>>("host").unwrap_or_default();
    let port = u16::try_from(sink.property::<i32>("port")).unwrap_or(0);
    let failed = |error| format!("tcpserversink cannot listen at {host}:{port}: {error}");
    let addresses = (host.as_str(), port).to_socket_addrs().map_err(failed)?;
    let addresses: Vec<SocketAddr> = addresses.collect();
    TcpListener::bind(&addresses[..]).map_err(failed)
}

/// Both are of the same family, and what the user has set holds.
fn copy_properties(from: &gst::Element, to: &gst::Element) {
    let both = glib::ParamFlags::READWRITE;
    for property in from.list_properties() {
        let name = property.name();
        let settable = property.flags().contains(both)
            && !property.flags().contains(glib::ParamFlags::CONSTRUCT_ONLY);
        if settable && !matches!(name, "name" | "parent") && to.find_property(name).is_some() {
            to.set_property_from_value(name, &from.property_value(name));
        }
    }
}
