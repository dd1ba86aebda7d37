//! Recorders that join at random moments: each begins with a key frame, decodes from its first
//! packet on, and has every packet after it once.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::ingest::film;
use crate::support::{Place, text};

use super::{count, end, files, packets, recorder, told};

const SECONDS: u64 = 8;
const RATE: u64 = 25;

/// Moments by chance, one in each part of the time, so that they are in order and spread.
fn moments(count: u64, within: Duration) -> Vec<Duration> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let mut state = now.map_or(1, |now| now.as_nanos() as u64) | 1;
    println!("seed {state}");
    let part = within / count as u32;
    let moment = |number: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        part * number as u32 + part.mul_f64((state >> 40) as f64 / (1u64 << 24) as f64)
    };
    (0..count).map(moment).collect()
}

/// Presentation time in units of a 90000th second, and checksum, of what ffmpeg decodes; and
/// what it had to complain about.
fn decoded(file: &Path) -> (Vec<(i64, String)>, String) {
    let output = std::process::Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-copyts", "-i"])
        .arg(file)
        .args(["-fps_mode", "passthrough", "-enc_time_base", "1:90000"])
        .args(["-f", "framemd5", "-"])
        .output()
        .expect("ffmpeg");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    let lines = lines.lines().filter(|line| !line.starts_with('#'));
    let pictures = lines.map(|line| {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        (fields[2].parse().expect("a time"), fields[5].to_owned())
    });
    (pictures.collect(), text(&output.stderr))
}

/// Joins at random moments, and checks each recording against the film.
fn join(name: &str, coding: &str, closed: bool) {
    let place = Place::new();
    let source = format!("size=320x180:rate={RATE}:duration={SECONDS}");
    let film = film(&place, &format!("{name}.mkv"), &source, coding);
    let all = packets(&film);
    assert_eq!(all.len() as u64, SECONDS * RATE);
    let (pictures, _) = decoded(&film);
    assert_eq!(pictures.len(), all.len());
    let publisher = place.start(&format!(
        "publish --key KEY --realtime --packets-only --packet-slots 1024 --wait-subscribers 1 {}",
        film.display()
    ));
    let first = recorder(&place, "first.mkv", "");
    place.wait_for_subscriber();
    let begun = std::time::Instant::now();
    let mut recorders = vec![first];
    let last = Duration::from_secs(SECONDS) * 3 / 4;
    for (number, moment) in moments(count(50), last).into_iter().enumerate() {
        std::thread::sleep(moment.saturating_sub(begun.elapsed()));
        recorders.push(recorder(&place, &format!("{number}.mkv"), ""));
    }
    let mut starts = HashMap::new();
    for recorder in recorders {
        let told = told(recorder, 0);
        assert_eq!(end(&told)["overruns"], 0, "{told:?}");
        let [file] = &files(&told, "finished")[..] else {
            panic!("one file: {told:?}");
        };
        let recorded = packets(file);
        // As many as there are behind the key packet that it begins with, and the same.
        let from = all.len() - recorded.len();
        assert!(all[from].key && recorded[0].key, "{}", file.display());
        let sums = |packets: &[super::Packet]| -> Vec<String> {
            packets.iter().map(|packet| packet.md5.clone()).collect()
        };
        assert_eq!(sums(&recorded), sums(&all[from..]), "{}", file.display());
        *starts.entry(from).or_insert(0) += 1;

        let (own, complaints) = decoded(file);
        assert!(
            !closed || complaints.is_empty(),
            "{}: {complaints}",
            file.display()
        );
        // Times begin anew with the recording; what follows the key frame is told by its number.
        let key = all[from].pts;
        let expected: Vec<_> = pictures
            .iter()
            .filter(|(pts, _)| *pts - pictures[0].0 >= key - all[0].pts)
            .map(|(_, sum)| sum)
            .collect();
        assert!(own.len() >= expected.len() && !expected.is_empty());
        let behind: Vec<_> = own[own.len() - expected.len()..]
            .iter()
            .map(|(_, sum)| sum)
            .collect();
        assert_eq!(behind, expected, "{} from packet {from}", file.display());
    }
    println!("{name}: began with {starts:?}");
    assert!(starts.len() > 1, "they began in different places");
    let output = publisher.output();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn each_begins_with_a_key_frame_and_decodes_from_there() {
    let x264 = "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 12 -keyint_min 12 -bf 2";
    join("closed", &format!("{x264} -flags +cgop"), true);
    join(
        "open",
        &format!("{x264} -x264-params open-gop=1:scenecut=0"),
        false,
    );
}
