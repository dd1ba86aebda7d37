//! Which Debian package has an element.

/// Beginnings of elements' names, the more special ones first, and the package that has them.
const PACKAGES: &[(&str, &str)] = &[
    ("x264", "gstreamer1.0-plugins-ugly"),
    ("avenc_", "gstreamer1.0-libav"),
    ("avdec_", "gstreamer1.0-libav"),
    ("avmux_", "gstreamer1.0-libav"),
    ("av", "gstreamer1.0-plugins-good"),
    ("x265", "gstreamer1.0-plugins-bad"),
    ("openh264", "gstreamer1.0-plugins-bad"),
    ("mpegts", "gstreamer1.0-plugins-bad"),
    ("h264parse", "gstreamer1.0-plugins-bad"),
    ("h265parse", "gstreamer1.0-plugins-bad"),
    ("jpegparse", "gstreamer1.0-plugins-bad"),
    ("srt", "gstreamer1.0-plugins-bad"),
    ("rtmp", "gstreamer1.0-plugins-bad"),
    ("hls", "gstreamer1.0-plugins-bad"),
    ("shm", "gstreamer1.0-plugins-bad"),
    ("kms", "gstreamer1.0-plugins-bad"),
    ("wayland", "gstreamer1.0-plugins-bad"),
    ("fakevideosink", "gstreamer1.0-plugins-bad"),
    ("jpeg", "gstreamer1.0-plugins-good"),
    ("png", "gstreamer1.0-plugins-good"),
    ("vp8", "gstreamer1.0-plugins-good"),
    ("vp9", "gstreamer1.0-plugins-good"),
    ("auto", "gstreamer1.0-plugins-good"),
    ("mp4mux", "gstreamer1.0-plugins-good"),
    ("qt", "gstreamer1.0-plugins-good"),
    ("matroska", "gstreamer1.0-plugins-good"),
    ("webm", "gstreamer1.0-plugins-good"),
    ("flv", "gstreamer1.0-plugins-good"),
    ("multi", "gstreamer1.0-plugins-good"),
    ("splitmux", "gstreamer1.0-plugins-good"),
    ("rtp", "gstreamer1.0-plugins-good"),
    ("udp", "gstreamer1.0-plugins-good"),
    ("v4l2", "gstreamer1.0-plugins-good"),
    ("videocrop", "gstreamer1.0-plugins-good"),
    ("videoflip", "gstreamer1.0-plugins-good"),
    ("videobox", "gstreamer1.0-plugins-good"),
    ("videobalance", "gstreamer1.0-plugins-good"),
    ("multisocketsink", "gstreamer1.0-plugins-base"),
    ("video", "gstreamer1.0-plugins-base"),
    ("tcp", "gstreamer1.0-plugins-base"),
    ("theora", "gstreamer1.0-plugins-base"),
    ("text", "gstreamer1.0-x"),
    ("time", "gstreamer1.0-x"),
    ("clock", "gstreamer1.0-x"),
    ("ximage", "gstreamer1.0-x"),
    ("xvimage", "gstreamer1.0-x"),
    ("gl", "gstreamer1.0-gl"),
    ("rtspclient", "gstreamer1.0-rtsp"),
    ("nv", "gstreamer1.0-plugins-bad"),
    ("va", "gstreamer1.0-plugins-bad"),
];

/// What is to be said about elements that are not installed.
pub fn missing(elements: &[String]) -> String {
    let told: Vec<String> = elements
        .iter()
        .map(|element| match package(element) {
            Some(package) => format!(
                "the pipeline needs the element '{element}', which is not installed; \
                 install {package}"
            ),
            None => format!(
                "the pipeline needs the element '{element}', which is not installed; install the \
                 GStreamer plug-in that has it, or correct its name"
            ),
        })
        .collect();
    told.join("; ")
}

fn package(element: &str) -> Option<&'static str> {
    let known = PACKAGES
        .iter()
        .find(|(start, _)| element.starts_with(start));
    known.map(|&(_, package)| package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_special_beginning_counts() {
        assert_eq!(package("x264enc"), Some("gstreamer1.0-plugins-ugly"));
        assert_eq!(package("avdec_h264"), Some("gstreamer1.0-libav"));
        assert_eq!(package("videoflip"), Some("gstreamer1.0-plugins-good"));
        assert_eq!(package("videoconvert"), Some("gstreamer1.0-plugins-base"));
        assert_eq!(package("frobnicate"), None);
    }
}
