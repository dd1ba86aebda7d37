//! One of two who want the same key at the same moment.

use cuframes::{Error, Format, Publisher, Result, now_ns};

use cuframes_tests::helper::{Input, Options, tell_error};

/// `at NS` tries to take the key at that moment; `drop` gives it up.
pub fn run(key: &str, _options: &Options, input: &Input) -> Result<()> {
    println!("READY");
    let mut publisher = None;
    while let Some(command) = input.wait() {
        match command.split_once(' ') {
            Some(("at", moment)) => {
                let moment = moment.parse().unwrap_or(0);
                while now_ns() < moment {
                    std::hint::spin_loop();
                }
                match Publisher::builder(key)
                    .format(Format::R8)
                    .size(64, 16)
                    .build()
                {
                    Ok(won) => {
                        println!("WON");
                        publisher = Some(won);
                    }
                    Err(error @ Error::AlreadyExists { .. }) => {
                        let text = error.to_string();
                        println!(
                            "LOST owner={} text={}",
                            owner(&text),
                            text.replace(' ', "_")
                        );
                    }
                    Err(error) => tell_error(&error),
                }
            }
            _ => {
                drop(publisher.take());
                println!("DROPPED");
            }
        }
    }
    Ok(())
}

/// The pid in a sentence that says "process PID".
fn owner(text: &str) -> &str {
    let after = text.split("process ").nth(1).unwrap_or_default();
    let end = after.find(|c: char| !c.is_ascii_digit());
    &after[..end.unwrap_or(after.len())]
}
