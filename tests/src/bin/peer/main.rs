//! The helper process of the campaigns: a publisher, a subscriber, both of packets, a contender for a key, or
//! a look at the keys. It is told what to do by lines on its standard input, and ends with it.

mod contend;
mod fork;
mod keys;
mod publish;
mod receive;
mod send;
mod subscribe;

use std::process::ExitCode;

use cuframes_tests::helper::{Input, Options, tell_error};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let role = arguments.next().unwrap_or_default();
    let key = arguments.next().unwrap_or_default();
    let options = Options::new(arguments);
    let input = Input::start();
    let done = match role.as_str() {
        "publish" => publish::run(&key, &options, &input),
        "subscribe" => subscribe::run(&key, &options, &input),
        "send" => send::run(&key, &options, &input),
        "receive" => receive::run(&key, &options, &input),
        "contend" => contend::run(&key, &options, &input),
        "keys" => keys::run(&options),
        other => {
            println!("ERROR code=- text=no_role_{other}");
            return ExitCode::FAILURE;
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell_error(&error);
            ExitCode::FAILURE
        }
    }
}
