//! The helper's side: opens what it is given, and says what came of it.

use std::io::{Read, Write};
use std::process::ExitCode;

use crate::error::Error;
use crate::pool::{CudaImport, CudaSource};
use crate::sys::cuda::{Context, CudaError, Driver, Event, Stream};

use super::message::{Answer, Kind, REQUEST_SIZE, Request};
use super::trial_frame;

/// All that the helper program does: a request on standard input, a line on standard output.
#[must_use]
pub fn answer_on_stdout() -> ExitCode {
    let mut bytes = Vec::new();
    let mut input = std::io::stdin().lock().take(REQUEST_SIZE as u64);
    let request = input
        .read_to_end(&mut bytes)
        .ok()
        .and_then(|_| Request::from_bytes(&bytes));
    let Some(request) = request else {
        eprintln!("cuframes-ipc-probe is run by libcuframes to try whether CUDA IPC works");
        return ExitCode::from(2);
    };
    let line = answer(request).to_line();
    match std::io::stdout().write_all(line.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn answer(request: Request) -> Answer {
    let tried = context(&request).and_then(|context| match request.kind {
        Kind::Memory => open_memory(&context, request.handle),
        Kind::Event => open_event(&context, &request.handle).map_err(refused),
    });
    tried.map_or_else(|answer| answer, |()| Answer::Works)
}

fn context(request: &Request) -> Result<Context, Answer> {
    let driver = Driver::load().map_err(|error| Answer::Failed(error.to_string()))?;
    let device = driver.device_by_uuid(&request.device_uuid);
    match device.map_err(refused)? {
        Some(device) => Context::primary(&device).map_err(refused),
        None => Err(Answer::Failed("it does not see the device".to_owned())),
    }
}

fn open_memory(context: &Context, handle: [u8; 64]) -> Result<(), Answer> {
    let frame = trial_frame().map_err(|error| Answer::Failed(error.to_string()))?;
    let source = CudaSource::Ipc(vec![handle]);
    let import = CudaImport::open(context, &source, frame.layout.frame_size, frame.layout);
    let import = import.map_err(|error| match error {
        Error::Cuda { source, .. } => refused(source),
        other => Answer::Failed(other.to_string()),
    })?;
    let plane = import.plane(0, 0, 0).ok_or(Answer::OtherBytes)?;
    let mut found = vec![0; frame.bytes.len()];
    import.download(&plane, &mut found).map_err(refused)?;
    match found == frame.bytes {
        true => Ok(()),
        false => Err(Answer::OtherBytes),
    }
}

/// Opens the event and lets a stream wait for it. If that never ends, whoever asked ends us.
fn open_event(context: &Context, handle: &[u8; 64]) -> Result<(), CudaError> {
    let event = Event::open(context, handle)?;
    let stream = Stream::new(context)?;
    stream.as_ref().wait_event(&event)?;
    stream.as_ref().synchronize(context)
}

fn refused(error: CudaError) -> Answer {
    match error {
        CudaError::Failed { call, code, name } => Answer::Refused {
            call: call.to_owned(),
            code,
            name: name.to_owned(),
        },
        other => Answer::Failed(other.to_string()),
    }
}
