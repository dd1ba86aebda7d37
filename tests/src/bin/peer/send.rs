//! The publisher of packets.

use std::time::Duration;

use cuframes::{Codec, PacketFlags, PacketMeta, PacketRing, Publisher, Result};
use cuframes_tests::helper::{Input, Looked, Options, number, tell_error};
use cuframes_tests::{WATCHDOG, encoded};

/// Publishes packets as the input tells, until `finish` or the end of the input.
pub fn run(key: &str, options: &Options, input: &Input) -> Result<()> {
    let ring = PacketRing {
        slots: options.get("slots", 64),
        bytes: options.get("bytes", 1 << 20),
        largest: None,
    };
    let builder = Publisher::builder(key).size(160, 90).enable_packets(ring);
    let mut publisher = builder.packets_only().build()?;
    println!("READY epoch={}", publisher.epoch());
    let mut next = input.wait();
    while let Some(command) = next {
        let words: Vec<&str> = command.split(' ').collect();
        next = match words[..] {
            ["finish"] => {
                publisher.finish()?;
                println!("FINISHED");
                return Ok(());
            }
            ["wait", count] => {
                publisher.wait_subscribers(number(count) as usize, Some(WATCHDOG))?;
                println!("JOINED");
                input.wait()
            }
            ["publish", count] => {
                (0..number(count)).try_for_each(|_| send(&mut publisher))?;
                println!("PUBLISHED last={}", sent(&publisher));
                input.wait()
            }
            ["run", rate] => {
                let pause = Duration::from_secs(1) / number(rate) as u32;
                let next = loop {
                    match input.look() {
                        Looked::Command(command) => break Some(command),
                        Looked::End => break None,
                        Looked::Nothing => send(&mut publisher)?,
                    }
                    std::thread::sleep(pause);
                };
                println!("RAN last={}", sent(&publisher));
                next
            }
            _ => {
                println!("ERROR code=- text=no_such_command");
                input.wait()
            }
        };
    }
    Ok(())
}

fn sent(publisher: &Publisher) -> u64 {
    publisher
        .stats()
        .packets
        .map_or(0, |packets| packets.published)
}

fn send(publisher: &mut Publisher) -> Result<()> {
    let (source, seq) = (u64::from(std::process::id()), sent(publisher) + 1);
    if seq % encoded::PARAMS == 1 {
        let extradata = encoded::extradata(source, seq);
        publisher.set_codec_params(Codec::H264, &extradata)?;
    }
    let flags = match seq % encoded::GOP {
        1 => PacketFlags::KEY,
        _ => PacketFlags::empty(),
    };
    let meta = PacketMeta {
        // Tells its readers whose it is.
        pts: Some(source as i64),
        flags,
        ..PacketMeta::default()
    };
    let published = publisher.publish_packet(&encoded::packet(source, seq), &meta);
    published.map(|_| ()).inspect_err(tell_error)
}
