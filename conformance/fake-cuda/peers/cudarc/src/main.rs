//! Drives the CUDA driver through cudarc, alone and in two processes, and says what it saw.
//!
//! `cudarc-peer PART` does one thing and ends with a line `ok: N checks`; what goes wrong is told
//! on stderr, with exit status 1.

#![allow(unsafe_code, reason = "the driver's own interface")]

mod check;
mod copy;
mod decoder;
mod dmabuf;
mod ipc;
mod kernel;
mod machine;
mod memory;
mod nvdec;
mod vmm;

use std::error::Error;
use std::process::ExitCode;

use check::Checks;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str =
    "usage: cudarc-peer devices | copy | race | kernel | decoder | dmabuf | ipc | vmm | leak";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut checks = Checks::default();
    let result = match arguments[..] {
        ["devices"] => machine::devices(&mut checks),
        ["leak"] => machine::leak(&mut checks),
        ["copy"] => copy::copy(&mut checks),
        ["race"] => copy::race(&mut checks),
        ["ipc"] => ipc::parent(&mut checks),
        ["ipc-child", memory, event] => ipc::child(memory, event),
        ["vmm"] => vmm::parent(&mut checks),
        ["vmm-child"] => vmm::child(),
        ["kernel"] => kernel::kernel(&mut checks),
        ["dmabuf"] => dmabuf::dmabuf(&mut checks),
        ["decoder"] => decoder::decoder(&mut checks),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => {
            println!("ok: {} checks", checks.count());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
