//! Which elements a pipeline may be made of.

/// Which elements a pipeline may be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allow {
    /// Whatever is installed.
    Everything,
    /// Elements of these factories, and nothing else. Properties that are texts, by which elements
    /// open files and connections, only where they are in the list as `element.property`.
    Only(Vec<String>),
}

/// What converts, encodes, decodes, parses and packs frames, and shows them. Texts, by which some of
/// these would open files, may not be set; numbers and choices may.
const HARMLESS: &[&str] = &[
    "queue",
    "tee",
    "identity",
    "valve",
    "capsfilter",
    "clockoverlay",
    "fakesink",
    "autovideosink",
    "bin",
    "videoconvert",
    "videoscale",
    "videoconvertscale",
    "videorate",
    "videocrop",
    "videoflip",
    "videobox",
    "videobalance",
    "gamma",
    "timeoverlay",
    "textoverlay",
    "jpegenc",
    "jpegdec",
    "jpegparse",
    "pngenc",
    "x264enc",
    "x265enc",
    "openh264enc",
    "vp8enc",
    "vp9enc",
    "avdec_h264",
    "avdec_mjpeg",
    "h264parse",
    "h265parse",
    "mpegvideoparse",
    "mp4mux",
    "qtmux",
    "matroskamux",
    "mpegtsmux",
    "avimux",
    "flvmux",
    "multipartmux",
    "rtph264pay",
    "rtph265pay",
    "rtpjpegpay",
    "rtpvrawpay",
    "rtpmp2tpay",
    "clockoverlay.time-format",
    "textoverlay.text",
    "multipartmux.boundary",
];

impl Allow {
    /// What a user who is not the daemon's may have it run.
    #[must_use]
    pub fn harmless() -> Allow {
        Allow::Only(HARMLESS.iter().map(|&name| name.to_owned()).collect())
    }

    /// Whether `factory` may be in a pipeline.
    #[must_use]
    pub fn permits(&self, factory: &str) -> bool {
        match self {
            Allow::Everything => true,
            Allow::Only(factories) => factories.iter().any(|one| one == factory),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_harmless_writes_reads_or_is_visible_on_the_network() {
        let harmless = Allow::harmless();
        assert!(harmless.permits("x264enc"));
        for factory in [
            "filesink",
            "multifilesink",
            "splitmuxsink",
            "filesrc",
            "uridecodebin",
            "udpsink",
            "tcpserversink",
            "tcpclientsink",
            "multisocketsink",
            "multifdsink",
            "fdsink",
            "souphttpclientsink",
            "shmsink",
            "v4l2sink",
            "rtspclientsink",
            "",
        ] {
            assert!(!harmless.permits(factory), "{factory}");
            assert!(Allow::Everything.permits(factory));
        }
    }
}
