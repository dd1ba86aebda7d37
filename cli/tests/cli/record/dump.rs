//! `sub --packets`: what the light program tells of packets is what ffprobe tells of the film.

use super::stage::Player;
use super::{packets, recorder};
use crate::ingest::film;
use crate::support::{Place, assert_code, parse, text};

const CODING: &str = "-c:v libx264 -bf 2 -g 10 -preset ultrafast -x264-params b-adapt=0";

fn start(place: &Place, options: &str) -> (crate::support::Running, std::path::PathBuf) {
    let film = film(place, "x.ts", "size=160x90:rate=25:duration=2", CODING);
    let mut player = Player::start(place, 64);
    let reader = place.start(&format!("sub KEY --packets {options}"));
    player.wait();
    player.send(&film, 0, 50, 0);
    player.end();
    (reader, film)
}

#[test]
fn lines_objects_and_bytes_are_those_of_the_film() {
    let place = Place::new();
    let (reader, film) = start(&place, "");
    let sent = packets(&film);
    let output = reader.output();
    assert_code(&output, 0);
    let lines = text(&output.stdout);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines[0], "# h264 ");
    assert_eq!(lines.len(), 51);
    for (number, (line, packet)) in lines[1..].iter().zip(&sent).enumerate() {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[0], (number + 1).to_string());
        assert_eq!(words[5].starts_with('K'), packet.key, "{line}");
        assert_eq!(words[6], packet.md5.trim_start_matches("MD5:"), "{line}");
    }

    let place = Place::new();
    let (reader, _) = start(&place, "--json --frames 30");
    let output = reader.output();
    assert_code(&output, 0);
    let lines = text(&output.stdout);
    let lines: Vec<_> = lines.lines().map(|line| parse(line.as_bytes())).collect();
    assert_eq!(lines.len(), 32);
    assert_eq!(lines[0]["event"], "params");
    assert_eq!(lines[0]["codec"], "h264");
    for (number, line) in lines[1..31].iter().enumerate() {
        assert_eq!(
            (&line["event"], &line["seq"]),
            (&"packet".into(), &(number + 1).into())
        );
        assert_eq!(line["key"], number % 10 == 0);
        assert_eq!(line["new_extradata"], number == 0);
    }
    assert_eq!(lines[31]["packets"], 30);

    let place = Place::new();
    let (reader, film) = start(&place, "-o -");
    let output = reader.output();
    assert_code(&output, 0);
    let file = place.dir.path().join("x.h264");
    std::fs::write(&file, &output.stdout).expect("a file");
    assert_eq!(super::pictures(&file), super::pictures(&film));
}

#[test]
fn a_signal_is_heard_while_there_is_no_publisher() {
    use rustix::process::Signal;
    let place = Place::new();
    let waiting = [
        place.start("sub KEY --packets --connect-timeout never"),
        recorder(&place, "c.mp4", "--connect-timeout never"),
    ];
    for process in waiting {
        process.wait_until_it_catches(Signal::TERM);
        process.signal(Signal::TERM);
        crate::support::assert_signal(process.output().status, Signal::TERM);
    }
    let said = assert_code(&place.run("sub KEY --packets --strict"), 2);
    assert!(said.contains("cannot be used with"), "{said}");
}
