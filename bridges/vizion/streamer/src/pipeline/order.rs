//! What a pipeline is to be.

use std::ffi::OsString;
use std::net::SocketAddr;

use vizion::VideoFormat;

use super::{Allow, PipelineError};

/// What a pipeline is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineOrder {
    /// As for `gst-launch-1.0`, without the source.
    pub text: String,
    /// Of the frames.
    pub key: String,
    /// Of the frames.
    pub format: VideoFormat,
    /// What it may be made of.
    pub allow: Allow,
    /// Where a pipeline with an element `pay0` is served.
    pub rtsp: Option<SocketAddr>,
}

impl PipelineOrder {
    /// The program's arguments.
    pub(super) fn arguments(&self) -> Result<Vec<OsString>, PipelineError> {
        // The kernel takes no such argument, and the socket's JSON can have one.
        if self.text.contains('\0') {
            return Err(PipelineError::NulByte);
        }
        let VideoFormat {
            width,
            height,
            framerate,
            format,
        } = self.format;
        let format = format!("--format={width}x{height}@{framerate}:{format}");
        let mut arguments = vec![format!("--key={}", self.key), format];
        if let Some(address) = self.rtsp {
            arguments.push(format!("--rtsp={address}"));
        }
        if let Allow::Only(elements) = &self.allow {
            arguments.push(format!("--allow={}", elements.join(",")));
        }
        arguments.extend(["--".to_owned(), self.text.clone()]);
        Ok(arguments.into_iter().map(OsString::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vizion::PixelFormat;

    fn order() -> PipelineOrder {
        PipelineOrder {
            text: "--help ! fakesink".to_owned(),
            key: "cam1".to_owned(),
            format: VideoFormat {
                width: 640,
                height: 360,
                framerate: 30,
                format: PixelFormat::Nv12,
            },
            allow: Allow::Only(vec!["queue".to_owned(), "fakesink".to_owned()]),
            rtsp: Some(SocketAddr::from(([0, 0, 0, 0], 8554))),
        }
    }

    #[test]
    fn a_text_is_no_option() {
        let told = order().arguments().expect("arguments");
        let expected = [
            "--key=cam1",
            "--format=640x360@30:NV12",
            "--rtsp=0.0.0.0:8554",
            "--allow=queue,fakesink",
            "--",
            "--help ! fakesink",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_text_with_a_zero_byte_is_refused() {
        let text = "fakesink\0".to_owned();
        let order = PipelineOrder { text, ..order() };
        assert!(matches!(order.arguments(), Err(PipelineError::NulByte)));
    }
}
