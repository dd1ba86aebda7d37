//! What a command says on the socket. Where VizionStreamer's documentation has strings for
//! numbers, these are strings, so that any daemon of that kind takes them.

use std::ffi::OsString;
use std::path::{Path, absolute};

use serde_json::{Map, Value};
use vizion::control::Command as Name;
use vizion::{InvalidVideoFormat, VideoFormat};

use crate::args::{Ask, Assignment, Number, SharedMemory, Switch};
use crate::exit::Failure;

/// A command's name on the socket and its parameters.
pub struct Request {
    /// The name.
    pub command: String,
    /// The parameters.
    pub params: Map<String, Value>,
}

impl Request {
    /// A command without parameters.
    pub fn plain(name: Name) -> Request {
        Request {
            command: name.name().to_owned(),
            params: Map::new(),
        }
    }

    /// Adds a parameter.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Request {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// Adds those that have a value.
    fn with_all(mut self, values: &[Assignment]) -> Request {
        let values = values.iter().cloned();
        self.params.extend(values.map(|one| (one.name, one.value)));
        self
    }

    /// What a command that is one request asks for.
    pub fn of(command: &Ask) -> Result<Request, Failure> {
        let number = |name, number: &Number| Request::plain(name).with("value", text(number.value));
        Ok(match command {
            Ask::SetFormat(format) => set_format(&format.words.join(" "))?,
            Ask::SetPipeline { pipeline } => {
                Request::plain(Name::SetPipeline).with("pipeline", pipeline.join(" "))
            }
            Ask::SetExposure(exposure) => automatic(Name::SetExposure, exposure.manual, "value"),
            Ask::SetWhitebalance(balance) => {
                automatic(Name::SetWhitebalance, balance.manual, "temperature")
            }
            Ask::SetBrightness(value) => number(Name::SetBrightness, value),
            Ask::SetContrast(value) => number(Name::SetContrast, value),
            Ask::SetSaturation(value) => number(Name::SetSaturation, value),
            Ask::SetSharpness(value) => number(Name::SetSharpness, value),
            Ask::SetGamma(value) => number(Name::SetGamma, value),
            Ask::SetGain(value) => number(Name::SetGain, value),
            Ask::SetEhdrMode { mode } => {
                let mode = if *mode == Switch::On { "0" } else { "1" };
                Request::plain(Name::SetEhdrMode).with("mode", mode)
            }
            Ask::SetEhdrExposureMin(value) => number(Name::SetEhdrExposureMin, value),
            Ask::SetEhdrExposureMax(value) => number(Name::SetEhdrExposureMax, value),
            Ask::SetEhdrRatioMin(value) => number(Name::SetEhdrRatioMin, value),
            Ask::SetEhdrRatioMax(value) => number(Name::SetEhdrRatioMax, value),
            Ask::EnableSharedMemory(memory) => enable_shared_memory(memory),
            Ask::GetControl { name } => {
                Request::plain(Name::GetControl).with("name", name.as_str())
            }
            Ask::SetControls { values } => Request::plain(Name::SetControls).with_all(values),
            Ask::Snapshot { path } => {
                Request::plain(Name::Snapshot).with("path", whole_path(path)?)
            }
            Ask::Send { name, params } => Request {
                command: name.clone(),
                params: Map::new(),
            }
            .with_all(params),
            Ask::Status => Request::plain(Name::GetStatus),
            Ask::EhdrStatus => Request::plain(Name::GetEhdrStatus),
            Ask::DisableSharedMemory => Request::plain(Name::DisableSharedMemory),
            Ask::SharedMemoryStatus => Request::plain(Name::GetSharedMemoryStatus),
            Ask::GetControls => Request::plain(Name::GetControls),
            Ask::ResetControls => Request::plain(Name::ResetControls),
            Ask::Stats => Request::plain(Name::GetStats),
            Ask::ListCommands => Request::plain(Name::ListCommands),
        })
    }
}

fn text(value: impl ToString) -> Value {
    Value::from(value.to_string())
}

fn set_format(words: &str) -> Result<Request, Failure> {
    let wrong = |error: InvalidVideoFormat| Failure::Usage(error.to_string());
    // The name of the pixels is the only part with letters behind the '@'.
    let (size, rest) = words.split_once('@').unwrap_or((words, ""));
    let words = format!("{size}@{}", rest.to_ascii_uppercase());
    let format: VideoFormat = words.parse().map_err(wrong)?;
    Ok(Request::plain(Name::SetFormat)
        .with("width", text(format.width))
        .with("height", text(format.height))
        .with("framerate", text(format.framerate))
        .with("format", format.format.name()))
}

fn automatic(name: Name, manual: Option<i64>, value: &str) -> Request {
    match manual {
        Some(number) => Request::plain(name)
            .with("mode", "manual")
            .with(value, text(number)),
        None => Request::plain(name).with("mode", "auto"),
    }
}

fn enable_shared_memory(memory: &SharedMemory) -> Request {
    let mut request = Request::plain(Name::EnableSharedMemory);
    if let Some(name) = &memory.name {
        request = request.with("name", name.as_str());
    }
    if let Some(size) = memory.size {
        request = request.with("buffer_size", text(size));
    }
    request
}

/// The path as the daemon has to see it: that runs in a directory of its own.
fn whole_path(path: &Path) -> Result<String, Failure> {
    let failed = || Failure::io(format!("find {}", path.display()));
    let path = absolute(path).map_err(failed())?;
    let not_text =
        |path: OsString| Failure::Usage(format!("{} is not UTF-8, which JSON is", path.display()));
    path.into_os_string().into_string().map_err(not_text)
}
