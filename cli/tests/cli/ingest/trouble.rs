//! Cameras that go wrong in the middle of what they send.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use super::packets::reader::Reader;
use super::packets::{TO_BOTH, X264, X265, copies, read_both};
use super::{events, ffmpeg, film, of_file, publishing, reference};
use crate::support::{Place, Running, assert_code, assert_signal, noise};

/// What a camera sends to one who asks: the first part at once, the rest a little at a time,
/// again and again.
struct Answer {
    first: Vec<u8>,
    rest: Vec<u8>,
}

/// A camera that answers so, each time in the next way; the last time for ever.
fn camera(answers: Vec<Answer>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let last = answers.len() - 1;
        for answer in (0..).map(|number: usize| &answers[number.min(last)]) {
            let Ok((mut client, _)) = listener.accept() else {
                return;
            };
            let _ = client.read(&mut [0; 4096]);
            let _ = client.write_all(b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n");
            let _ = client.write_all(&answer.first);
            // As fast as a camera, until the other side has had enough.
            for part in answer.rest.chunks(188 * 4).cycle() {
                if client.write_all(part).is_err() {
                    break;
                }
                thread::sleep(Duration::from_millis(2));
            }
        }
    });
    format!("http://{address}/live.ts")
}

/// Waits until it says `word`.
fn until_said(publisher: &mut Running, word: &str) -> String {
    let mut said = String::new();
    while !said.contains(word) {
        said += &publisher.read_stderr_line();
    }
    said
}

fn stop(publisher: Running) {
    publisher.signal(Signal::TERM);
    assert_signal(publisher.output().status, Signal::TERM);
}

#[test]
fn sound_that_goes_on_is_no_picture() {
    let place = Place::new();
    let file = place.dir.path().join("a.ts");
    let path = file.to_str().expect("a name");
    let sources = "-f lavfi -i testsrc2=size=64x48:rate=25:duration=0.4 \
                   -f lavfi -i sine=duration=60 -c:a mp2 -b:a 64k -tune zerolatency";
    let mut arguments: Vec<_> = sources.split_whitespace().collect();
    arguments.extend(X264.split_whitespace());
    arguments.push(path);
    ffmpeg(&arguments);
    let bytes = std::fs::read(&file).expect("a file");
    let (first, rest) = bytes.split_at(bytes.len() / 4);
    let answer = Answer {
        first: first.to_vec(),
        rest: rest.to_vec(),
    };
    let input = camera(vec![answer]);
    let mut publisher = publishing(&place, &input, "--stall-timeout 1");
    until_said(&mut publisher, "nothing came for 1s; trying again");
    stop(publisher);
}

#[test]
fn a_codec_that_changes_in_the_middle_is_opened_anew() {
    let place = Place::new();
    let coding = format!("{X264} -bf 0");
    let one = film(&place, "a.ts", "size=64x48:rate=25:duration=0.4", &coding);
    let two = film(&place, "b.ts", "size=128x96:rate=25:duration=0.4", X265);
    let read = |file| std::fs::read(file).expect("a file");
    let answers = [(read(&one), read(&two)), (read(&two), read(&two))];
    let answers = answers.map(|(first, rest)| Answer { first, rest });
    let input = camera(answers.into());
    let mut publisher = publishing(&place, &input, "--stall-timeout 1");
    until_said(&mut publisher, "trying again");
    until_said(&mut publisher, "goes on with 128x96");
    stop(publisher);
}

#[test]
fn a_camera_that_sends_garbage_is_tried_again() {
    let place = Place::new();
    let file = film(&place, "a.ts", "size=64x48:rate=25:duration=0.4", X264);
    let good = std::fs::read(&file).expect("a file");
    let garbage = noise(188 * 40, 3);
    let answers = [
        (good.clone(), garbage.clone()),
        (garbage.clone(), garbage),
        (good.clone(), good),
    ];
    let answers = answers.map(|(first, rest)| Answer { first, rest });
    let input = camera(answers.into());
    let mut publisher = publishing(&place, &input, "--stall-timeout 1 --reconnect");
    until_said(&mut publisher, "trying again");
    until_said(&mut publisher, "trying again");
    assert_code(&place.run("sub KEY --frames 3 --connect-timeout 9"), 0);
    stop(publisher);
}

#[test]
fn a_camera_that_is_not_there_at_first_is_tried_again_if_asked() {
    let place = Place::new();
    let file = film(&place, "a.ts", "size=64x48:rate=25:duration=0.4", X264);
    let good = std::fs::read(&file).expect("a file");
    // A port that is free, and taken later.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let options = "--reconnect --frames 10";
    let mut publisher = publishing(&place, &format!("http://{address}/a.ts"), options);
    until_said(&mut publisher, "Connection refused; trying again");
    let listener = TcpListener::bind(address).expect("the port");
    let camera = thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("it asks again");
        let _ = client.read(&mut [0; 4096]);
        let _ = client.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
        let _ = client.write_all(&good);
    });
    let output = publisher.output();
    assert_code(&output, 0);
    camera.join().expect("it answered");
    let events = events(&output.stdout);
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str()).collect();
    assert_eq!(names.first(), Some(&Some("lost")));
    assert_eq!(names.last(), Some(&Some("ended")));
}

#[test]
fn times_that_wrap_go_on() {
    // MPEG's 33 bits of 90 kHz are full after 95443.7 seconds: a second after the begin.
    let place = Place::new();
    let coding = format!("{X264} -bf 2 -output_ts_offset 95441.3");
    let file = film(&place, "a.ts", "size=64x48:rate=25:duration=2.4", &coding);
    let (expected, _) = copies(&file);
    assert_eq!(expected.len(), 60);
    let publisher = place.start(&format!("publish --key KEY {TO_BOTH} {}", file.display()));
    let read = read_both(&place);
    assert_code(&publisher.output(), 0);
    assert_eq!((read.packets.len(), read.frames.len()), (60, 60));
    let times: Vec<_> = read.frames.iter().filter_map(|frame| frame.pts).collect();
    assert_eq!(times.len(), 60);
    let steps: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps.iter().all(|&step| step == 40_000_000), "{times:?}");
    let dts = |number: usize| read.packets[number].dts.expect("a time");
    assert!((1..60).all(|number| dts(number) - dts(number - 1) == 40_000_000));
    // FFmpeg counts from there on; some are before, or this shows nothing.
    let before = times.iter().filter(|&&time| time < 0).count();
    assert!((10..50).contains(&before), "{before}: {times:?}");
    for frame in &read.frames {
        assert_eq!(frame.pts, read.packets[frame.packet_seq as usize - 1].pts);
    }
}

#[test]
fn a_new_size_in_the_middle_is_in_the_packets_too() {
    let place = Place::new();
    let coding = format!("{X264} -bf 2 -bsf:v h264_mp4toannexb");
    let small = film(&place, "a.h264", "size=128x72:rate=25:duration=1", &coding);
    let large = film(&place, "b.h264", "size=320x180:rate=25:duration=1", &coding);
    let both = place.dir.path().join("c.h264");
    let bytes = [&small, &large].map(|file| std::fs::read(file).expect("a file"));
    std::fs::write(&both, bytes.concat()).expect("a file");
    let publisher = place.start(&format!("publish --key KEY {TO_BOTH} {}", both.display()));
    let reader = Reader::start(&place, true);
    let pictures = place.run("sub KEY --strict --framemd5 --connect-timeout 9");
    assert_code(&pictures, 0);
    let read = reader.read();
    assert_code(&publisher.output(), 0);
    assert_eq!((read.packets.len(), read.frames.len()), (50, 50));
    let sums: Vec<_> = super::sums(&pictures.stdout)
        .into_iter()
        .map(|(_, sum)| sum)
        .collect();
    let expected: Vec<_> = [&small, &large]
        .into_iter()
        .flat_map(|file| of_file(file))
        .collect();
    assert_eq!(
        sums,
        expected.into_iter().map(|(_, sum)| sum).collect::<Vec<_>>()
    );
    // The first packet of the new size decodes alone to the frame that names it.
    let named: Vec<_> = read.frames.iter().map(|frame| frame.packet_seq).collect();
    assert_eq!(named[25], 26);
    let path = read.key_packet(26);
    let alone = reference(&["-f", "h264", "-i", path.to_str().expect("a name")], &[]);
    assert_eq!(alone.len(), 1);
    assert_eq!(alone[0].1, sums[25]);
}
