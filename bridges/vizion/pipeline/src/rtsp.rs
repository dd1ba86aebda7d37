//! A pipeline with an element `pay0` that leads nowhere is served by RTSP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use gst::glib;
use gst::prelude::*;
use gst_app::AppSrc;
use gst_rtsp_server::prelude::*;
use gst_rtsp_server::{RTSPMedia, RTSPMediaFactory, RTSPServer};
use vizion::VideoFormat;

use crate::bus::{self, Word};
use crate::custody::Custody;
use crate::front::{self, Passage, SOURCE};
use crate::outlet::{Begins, Outlet};
use crate::parsing::Parsed;

const MOUNT: &str = "/stream";

/// Where frames go as long as there are clients.
pub type Audience = Arc<Mutex<Option<Outlet>>>;

/// The outlet, whoever panicked with it.
pub fn outlet(audience: &Audience) -> MutexGuard<'_, Option<Outlet>> {
    audience.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the pipeline is one to be served.
pub fn is_wanted(pipeline: &gst::Pipeline) -> bool {
    let payloader = pipeline.by_name("pay0");
    let pad = payloader.and_then(|payloader| payloader.static_pad("src"));
    pad.is_some_and(|pad| !pad.is_linked())
}

/// What is served.
pub struct Service {
    /// The pipeline; what was parsed is made anew for the first client of several.
    pub parsed: Parsed,
    /// Of the frames.
    pub format: VideoFormat,
    /// Of the frames.
    pub custody: Custody,
    /// Of the frames.
    pub passage: Passage,
}

impl Service {
    /// Serves it at `address`, on a thread of its own as long as the process lives. Returns where
    /// frames go, and what is to be told.
    pub fn start(
        self,
        address: SocketAddr,
        hear: impl Fn(Word) + Send + Sync + Clone + 'static,
    ) -> Result<(Audience, String), String> {
        let audience = Audience::default();
        let factory = RTSPMediaFactory::new();
        factory.set_launch(&format!("( {} )", self.parsed.text));
        factory.set_shared(true);
        let open = Arc::clone(&audience);
        factory.connect_media_configure(move |_, media| self.configure(media, &open, hear.clone()));
        let failed =
            |what: &dyn std::fmt::Display| format!("RTSP cannot be served at {address}: {what}");
        let server = RTSPServer::new();
        server.set_address(&address.ip().to_string());
        server.set_service(&address.port().to_string());
        let mounts = server.mount_points();
        let mounts = mounts.ok_or_else(|| failed(&"the server has no mount points"))?;
        mounts.add_factory(MOUNT, factory);
        let context = glib::MainContext::new();
        server
            .attach(Some(&context))
            .map_err(|_| failed(&"the address is in use, or not this machine's"))?;
        let url = SocketAddr::new(
            address.ip(),
            u16::try_from(server.bound_port()).unwrap_or(0),
        );
        let thread = thread::Builder::new().name("rtsp".to_owned());
        let serve = move || {
            let _server = server;
            glib::MainLoop::new(Some(&context), false).run();
        };
        thread.spawn(serve).map_err(|error| failed(&error))?;
        Ok((audience, format!("pay0 is served at rtsp://{url}{MOUNT}")))
    }

    /// A first client came.
    fn configure(
        &self,
        media: &RTSPMedia,
        audience: &Audience,
        hear: impl Fn(Word) + Send + Sync + 'static,
    ) {
        let element = media.element();
        let bin = element.downcast_ref::<gst::Bin>();
        let source = bin.and_then(|bin| bin.by_name(SOURCE));
        let Some(source) = source.and_downcast::<AppSrc>() else {
            return hear(Word::Error(
                "the pipeline to be served has no source".to_owned(),
            ));
        };
        front::set_up(&source, &self.format, &self.custody, &self.passage);
        let pipeline = element.parent().and_downcast::<gst::Pipeline>();
        if let Some(pipeline) = pipeline {
            // That one audience has seen everything is no end: another one may come.
            bus::listen(&pipeline, gst::BusSyncReply::Pass, move |word| match word {
                Word::Error(_) | Word::Warning(_) => hear(word),
                Word::Eos | Word::Latency => {}
            });
        }
        let begins = Begins::WhenItComes;
        let own = source.clone();
        let new = Outlet::new(source, &self.format, self.custody.clone(), begins);
        *outlet(audience) = Some(new);
        let over = Arc::clone(audience);
        // The next audience may be there already while the last one's pipeline is taken down.
        media.connect_unprepared(move |_| {
            outlet(&over).take_if(|outlet| outlet.leads_to(&own));
        });
    }
}
