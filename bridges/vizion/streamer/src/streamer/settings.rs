//! What is kept in a file and restored at the next start: format, pipeline and controls.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vizion::VideoFormat;

use crate::camera::Control;

/// The settings that somebody chose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What the camera delivers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<VideoFormat>,
    /// The pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// Who chose the pipeline, if it was not the daemon's own user: it is held against the list of
    /// elements for others, also after a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline_uid: Option<u32>,
    /// Controls by their names.
    pub controls: BTreeMap<String, i64>,
}

/// The file of the settings is not usable.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The kernel's word.
    #[error("the settings could not be {doing} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// It is something else.
    #[error("{} holds no settings of vizion-streamer: {source}; repair or remove it", .path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
}

impl Settings {
    /// Reads a file; one that is not there has no settings.
    pub fn load(path: &Path) -> Result<Settings, SettingsError> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
            Err(source) => return Err(failed("read from", path, source)),
        };
        let malformed = |source| SettingsError::Malformed {
            path: path.to_owned(),
            source,
        };
        // As a map first: serde would take a list for the fields in their order.
        let object: Map<String, Value> = serde_json::from_slice(&text).map_err(malformed)?;
        let settings: Settings = serde_json::from_value(object.into()).map_err(malformed)?;
        for name in settings.controls.keys() {
            if Control::of_name(name).is_none() {
                let what = format!("there is no control '{name}'");
                return Err(malformed(serde::de::Error::custom(what)));
            }
        }
        Ok(settings)
    }

    /// Writes the file as a whole: who reads it sees the old settings, or the new ones.
    pub fn save(&self, path: &Path) -> Result<(), SettingsError> {
        let mut text =
            serde_json::to_vec_pretty(self).map_err(|source| SettingsError::Malformed {
                path: path.to_owned(),
                source,
            })?;
        text.push(b'\n');
        let new = path.with_extension(format!("{}.new", std::process::id()));
        let written = fs::write(&new, text).and_then(|()| fs::rename(&new, path));
        written.map_err(|source| {
            // What was begun is of no use to anyone.
            let _ = fs::remove_file(&new);
            failed("written to", path, source)
        })
    }

    /// What a control was set to.
    pub fn control(&self, control: Control) -> Option<i64> {
        self.controls.get(control.name()).copied()
    }

    /// Notes what a control is set to. A value that the camera now chooses by itself is forgotten.
    pub fn note(&mut self, control: Control, value: i64) {
        self.controls.insert(control.name().to_owned(), value);
        let chosen = match control {
            Control::ExposureAuto => Control::Exposure,
            Control::WhiteBalanceAuto => Control::WhiteBalance,
            _ => return,
        };
        if value != 0 {
            self.controls.remove(chosen.name());
        }
    }

    /// What was set, in an order in which it can be set again: what is automatic comes first.
    pub fn controls(&self) -> impl Iterator<Item = (Control, i64)> {
        let known = |control| Some((control, self.control(control)?));
        Control::ALL.into_iter().filter_map(known)
    }
}

fn failed(doing: &'static str, path: &Path, source: io::Error) -> SettingsError {
    SettingsError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vizion::PixelFormat;

    #[test]
    fn what_is_kept_is_restored() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.json");
        let mut settings = Settings::load(&path).expect("no file is no fault");
        assert_eq!(settings, Settings::default());
        settings.format = Some(VideoFormat {
            width: 640,
            height: 480,
            framerate: 30,
            format: PixelFormat::Nv12,
        });
        settings.pipeline = Some("fakesink".to_owned());
        settings.note(Control::Exposure, 200);
        settings.note(Control::ExposureAuto, 1);
        settings.note(Control::Gain, 3);
        settings.save(&path).expect("is written");
        let again = Settings::load(&path).expect("is read");
        assert_eq!(again, settings);
        let controls: Vec<_> = again.controls().collect();
        assert_eq!(controls, [(Control::ExposureAuto, 1), (Control::Gain, 3)]);
        assert_eq!(fs::read_dir(folder.path()).expect("is there").count(), 1);
    }

    #[test]
    fn a_file_of_something_else_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.json");
        for text in ["", "[]", "{\"colour\":1}", "{\"controls\":{\"zoom\":1}}"] {
            fs::write(&path, text).expect("is written");
            let refused = Settings::load(&path).expect_err("is refused").to_string();
            assert!(refused.contains("repair or remove it"), "{refused}");
        }
    }
}
