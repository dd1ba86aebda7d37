//! What each command does and answers: the 23 of VizionStreamer with its messages and with members
//! of its names and order, and those that came later.
//!
//! Parameters are numbers or the same as text. Those that a command does not know are ignored, since
//! scripts may have been written for another daemon.

mod controls;
mod formats;
mod memory;
mod params;
mod stream;

use vizion::control::{Answer, Command, MAX_ANSWER, Request};

use crate::camera::Control;
use crate::server::{Handler, Peer};
use crate::streamer::{Origin, Refusal, Streamer};

use params::Params;

/// What a command comes to.
type Done = Result<Answer, Refusal>;

/// A command's call.
struct Call<'a> {
    params: Params<'a>,
    peer: Peer,
    /// Bytes that its answer can have.
    room: usize,
}

impl Call<'_> {
    fn origin(&self) -> Origin {
        match self.peer.is_owner() {
            true => Origin::Owner,
            false => Origin::Other(self.peer.uid),
        }
    }
}

impl Handler for Streamer {
    fn handle(&mut self, request: &Request, peer: Peer) -> Answer {
        let name = &request.command;
        let Some(command) = Command::of_name(name) else {
            let message = format!("there is no command '{name}'; list_commands tells which are");
            return Answer::error(&message).with("code", "unknown_command");
        };
        let id = request.request_id.as_ref();
        let id = id.map_or(0, |id| r#","request_id":"#.len() + id.to_string().len());
        let call = Call {
            params: Params::of(&request.params),
            peer,
            room: MAX_ANSWER - id,
        };
        done(self, command, &call).unwrap_or_else(|refusal| {
            let code = refusal.code();
            Answer::error(&refusal.to_string()).with("code", code)
        })
    }
}

fn done(streamer: &mut Streamer, command: Command, call: &Call<'_>) -> Done {
    let mut set =
        |parameter, control, name| controls::set(streamer, call, parameter, control, name);
    match command {
        Command::GetFormats => formats::get(streamer, call),
        Command::SetFormat => formats::set(streamer, call),
        Command::StartStream => stream::start(streamer),
        Command::StopStream => stream::stop(streamer),
        Command::SetPipeline => stream::set_pipeline(streamer, call),
        Command::GetStatus => stream::status(streamer),
        Command::SetExposure => controls::set_exposure(streamer, call),
        Command::SetWhitebalance => controls::set_white_balance(streamer, call),
        Command::SetBrightness => set("value", Control::Brightness, "Brightness"),
        Command::SetContrast => set("value", Control::Contrast, "Contrast"),
        Command::SetSaturation => set("value", Control::Saturation, "Saturation"),
        Command::SetSharpness => set("value", Control::Sharpness, "Sharpness"),
        Command::SetGamma => set("value", Control::Gamma, "Gamma"),
        Command::SetGain => set("value", Control::Gain, "Gain"),
        Command::SetEhdrMode => set("mode", Control::EhdrMode, "eHDR mode"),
        Command::SetEhdrExposureMin => set("value", Control::EhdrExposureMin, "eHDR exposure min"),
        Command::SetEhdrExposureMax => set("value", Control::EhdrExposureMax, "eHDR exposure max"),
        Command::SetEhdrRatioMin => set("value", Control::EhdrRatioMin, "eHDR ratio min"),
        Command::SetEhdrRatioMax => set("value", Control::EhdrRatioMax, "eHDR ratio max"),
        Command::GetEhdrStatus => controls::ehdr(streamer),
        Command::EnableSharedMemory => memory::enable(streamer, call),
        Command::DisableSharedMemory => memory::disable(streamer),
        Command::GetSharedMemoryStatus => memory::status(streamer),
        Command::GetControls => controls::list(streamer),
        Command::GetControl => controls::get(streamer, call),
        Command::SetControls => controls::set_several(streamer, call),
        Command::ResetControls => controls::reset(streamer),
        Command::GetStats => stream::stats(streamer),
        Command::ListCommands => Ok(list()),
        Command::Snapshot => stream::snapshot(streamer, call),
        Command::GetSdp => stream::sdp(streamer),
    }
}

fn list() -> Answer {
    let names: Vec<&str> = Command::ALL.into_iter().map(Command::name).collect();
    Answer::data().with("commands", names)
}
