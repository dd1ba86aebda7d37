//! Packets beside the frames: those of the input, and each frame says which one it comes from.

mod cameras;
mod equality;
mod options;
pub mod reader;

use std::path::Path;

use cuframes::PacketFlags;

use super::ffmpeg;
use crate::support::{Place, assert_code, text};

use reader::{Packet, Read, Reader};

/// For a reader of packets, one of frames, and one more with whom it begins; the ring holds every packet of the tests.
pub const TO_BOTH: &str = "--policy strict_wait --strict-timeout 9 --wait-subscribers 3 \
                       --packet-slots 512 --packet-bytes 16M";

pub const X264: &str = "-c:v libx264 -pix_fmt yuv420p";
pub const X265: &str = "-c:v libx265 -pix_fmt yuv420p -x265-params log-level=none";

/// A packet as ffmpeg copies it: times in nanoseconds, size, checksum.
pub type Copied = (Option<i64>, Option<i64>, i64, usize, String);

fn copied(packet: &Packet) -> Copied {
    (
        packet.dts,
        packet.pts,
        packet.duration,
        packet.size,
        packet.md5.clone(),
    )
}

/// What `ffmpeg -c copy` makes of a file, and size and checksum of its codec headers.
pub fn copies(file: &Path) -> (Vec<Copied>, String) {
    let path = file.to_str().expect("a name");
    let lines = text(&ffmpeg(&[
        "-copyts", "-i", path, "-map", "v:0", "-c", "copy", "-f", "framemd5", "-",
    ]));
    let after = |word: &str| lines.lines().find_map(|line| line.strip_prefix(word));
    let fields = |line: &str| -> Vec<String> {
        line.split(',')
            .map(|field| field.trim().to_owned())
            .collect()
    };
    let headers = after("#extradata 0,").map_or("0 -".to_owned(), |line| fields(line).join(" "));
    let (num, den) = after("#tb 0: ")
        .and_then(|base| base.split_once('/'))
        .expect("a time base");
    let (num, den): (i128, i128) = (num.parse().expect("one"), den.parse().expect("one"));
    let nanoseconds = |text: &str| {
        let time: i128 = text.parse().expect("a time");
        let exact = time * num * 1_000_000_000;
        let half = if exact < 0 { -den / 2 } else { den / 2 };
        i64::try_from((exact + half) / den).ok()
    };
    let packets = lines.lines().filter(|line| !line.starts_with('#'));
    let packets = packets.map(|line| {
        let line = fields(line);
        let duration = nanoseconds(&line[3]).expect("a duration");
        let size = line[4].parse().expect("a size");
        let (dts, pts) = (nanoseconds(&line[1]), nanoseconds(&line[2]));
        (dts, pts, duration, size, line[5].clone())
    });
    let probed = probed(file);
    let mut packets: Vec<Copied> = packets.collect();
    assert_eq!(packets.len(), probed.len());
    for (packet, (has_dts, _)) in packets.iter_mut().zip(probed) {
        packet.0 = packet.0.filter(|_| has_dts);
    }
    (packets, headers)
}

/// What ffprobe says of each packet of a file: whether it has a decoding time, which `ffmpeg -c
/// copy` otherwise makes up, and whether it is a key packet.
fn probed(file: &Path) -> Vec<(bool, bool)> {
    let output = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0"])
        .args(["-show_entries", "packet=dts,flags", "-of", "default=nk=1"])
        .arg(file)
        .output()
        .expect("ffprobe");
    let lines = text(&output.stdout);
    let packets = lines.split("[PACKET]\n").skip(1);
    let packets = packets.map(|packet| {
        let mut fields = packet.lines();
        let has_dts = fields.next().expect("a time") != "N/A";
        (has_dts, fields.next().expect("flags").starts_with('K'))
    });
    packets.collect()
}

/// Reads packets and frames of what `publisher` begins with the third subscriber.
pub fn read_both(place: &Place) -> Read {
    let reader = Reader::start(place, true);
    assert_code(&place.run("sub KEY --strict --connect-timeout 9"), 0);
    reader.read()
}

/// Reads packets of what begins with the second subscriber.
fn read_packets(place: &Place) -> Read {
    let reader = Reader::start(place, false);
    let other = Reader::start(place, false);
    let read = reader.read();
    other.read();
    read
}

fn is_key(packet: &Packet) -> bool {
    packet.flags.contains(PacketFlags::KEY)
}
