//! What is opened: a file, an address in the network, a filter graph.

use ffmpeg_next::Dictionary;

use cuframes_cli::args::{InputOption, RtspTransport};

use super::redact::redact;

/// What INPUT says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    url: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Graph,
    /// A camera of this machine.
    Device,
    Network,
    Rtsp(RtspTransport),
}

impl Address {
    /// Reads INPUT.
    pub fn new(input: &str, transport: RtspTransport) -> Address {
        let scheme = input.split_once("://").map(|(scheme, _)| scheme);
        let (url, kind) = match (input.strip_prefix("lavfi:"), scheme) {
            (Some(graph), _) => (graph, Kind::Graph),
            (None, Some("rtsp" | "rtsps")) => (input, Kind::Rtsp(transport)),
            (None, None) if input.starts_with("/dev/video") => (input, Kind::Device),
            (None, None | Some("file")) => (input, Kind::File),
            (None, Some(_)) => (input, Kind::Network),
        };
        Address {
            url: url.to_owned(),
            kind,
        }
    }

    /// For FFmpeg alone.
    pub fn secret(&self) -> &str {
        &self.url
    }

    /// For everybody to read.
    pub fn shown(&self) -> String {
        redact(&self.url)
    }

    /// The name of FFmpeg's format, where the address does not say it.
    pub fn format(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Graph => Some("lavfi"),
            Kind::Device => Some("video4linux2"),
            Kind::File | Kind::Network | Kind::Rtsp(_) => None,
        }
    }

    /// FFmpeg's options, with those that are `given`.
    pub fn options(&self, given: &[InputOption]) -> Dictionary<'static> {
        let mut options = Dictionary::new();
        for InputOption { name, value } in given {
            options.set(name, value);
        }
        if let Kind::Rtsp(transport) = self.kind {
            options.set("rtsp_transport", transport.name());
        }
        options
    }

    /// True for what is there to be read now or never.
    pub fn is_live(&self) -> bool {
        matches!(self.kind, Kind::Device | Kind::Network | Kind::Rtsp(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_told_apart() {
        let address = |input| Address::new(input, RtspTransport::Udp);
        let graph = address("lavfi:testsrc2=size=64x48");
        assert_eq!(graph.secret(), "testsrc2=size=64x48");
        assert_eq!((graph.format(), graph.is_live()), (Some("lavfi"), false));
        for file in ["a.mp4", "/srv/a:b.ts", "file:///srv/a.mkv", "./lavfi"] {
            assert_eq!(
                (address(file).format(), address(file).is_live()),
                (None, false)
            );
        }
        let device = address("/dev/video0");
        assert_eq!(
            (device.format(), device.is_live()),
            (Some("video4linux2"), true)
        );
        let given = InputOption {
            name: "video_size".to_owned(),
            value: "640x480".to_owned(),
        };
        assert_eq!(device.options(&[given]).get("video_size"), Some("640x480"));
        let camera = address("rtsp://me:secret@host/a");
        assert!(camera.is_live() && !camera.shown().contains("secret"));
        assert_eq!(camera.options(&[]).get("rtsp_transport"), Some("udp"));
        let other = address("http://host/a.mjpg");
        assert!(other.is_live());
        assert_eq!(other.options(&[]).get("rtsp_transport"), None);
    }
}
