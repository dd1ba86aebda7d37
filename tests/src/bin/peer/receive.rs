//! The subscriber to packets: looks at every byte of every packet, and tells what it saw.

use std::time::Duration;

use cuframes::{Error, ErrorCode, PacketFlags, PacketStart, Result, Subscriber};
use cuframes_tests::encoded;
use cuframes_tests::helper::{self, Input, Looked, Options, tell_error};

/// How long a packet is waited for before the input is looked at.
const TURN: Duration = Duration::from_millis(20);

/// Reads packets until the end of the stream, or of the input.
pub fn run(key: &str, options: &Options, input: &Input) -> Result<()> {
    let start = match options.text("start") {
        Some("next") => PacketStart::Next,
        _ => PacketStart::Keyframe,
    };
    let builder = helper::subscriber(Subscriber::builder(key), options);
    let mut subscriber = builder.packets_only(start).connect()?;
    println!("READY epoch={}", subscriber.epoch());
    loop {
        match read(&mut subscriber) {
            Ok(()) => {}
            Err(Error::PacketOverrun { seq, .. }) => println!("OVERRUN seq={seq}"),
            Err(error) if error.code() == ErrorCode::Timeout => {}
            Err(error) => {
                tell_error(&error);
                return Ok(());
            }
        }
        if let Looked::End = input.look() {
            return Ok(());
        }
    }
}

fn read(subscriber: &mut Subscriber) -> Result<()> {
    let packet = subscriber.next_packet(Some(TURN))?;
    let info = *packet.info();
    let source = info.pts.unwrap_or(0) as u64;
    let is_whole = packet.data() == encoded::packet(source, info.seq);
    let params = subscriber.codec_params()?;
    let has_params = params.extradata == encoded::extradata(source, info.seq);
    println!(
        "PACKET seq={} source={source} key={} disc={} whole={}",
        info.seq,
        u8::from(info.is_key()),
        u8::from(info.flags.contains(PacketFlags::DISCONTINUITY)),
        u8::from(is_whole && has_params),
    );
    Ok(())
}
