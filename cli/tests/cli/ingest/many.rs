//! Many inputs in one process, from a file.

use std::path::PathBuf;

use rustix::process::Signal;

use super::{camera, events, film, of_file};
use crate::support::{Place, assert_code, assert_signal, text, until};

const H264: &str = "-c:v libx264 -pix_fmt yuv420p -bf 2";

fn config(place: &Place, text: &str) -> PathBuf {
    let file = place.dir.path().join("cameras.toml");
    std::fs::write(&file, text.replace("KEY", &place.key)).expect("a file");
    file
}

#[test]
fn each_camera_has_its_key_and_its_options() {
    let place = Place::new();
    let one = film(&place, "a.mp4", "size=64x48:rate=25:duration=1", H264);
    let two = film(&place, "b.mp4", "size=128x96:rate=25:duration=1", H264);
    let file = config(
        &place,
        &format!(
            "[defaults]\npolicy = 'strict_wait'\nwait-subscribers = 1\nstrict-timeout = 9\n\
         [[camera]]\nkey = 'KEY-a'\ninput = '{}'\nloop = false\n\
         [[camera]]\nkey = 'KEY-b'\ninput = '{}'\nscale = '64x48'\nformat = 'nv12'\nframes = 15\n\
         allow-uid = [1, 2]\nrealtime = false\n",
            one.display(),
            two.display()
        ),
    );
    let publisher = place.start(&format!("publish --json --config {}", file.display()));
    let reader = place.start(
        "sub KEY-a --strict --framemd5 --time-base 1/90000 --connect-timeout 9"
            .replace("KEY", &place.key)
            .as_str(),
    );
    let other = place.start(&format!(
        "sub {}-b --strict --json --connect-timeout 9",
        place.key
    ));
    let read = reader.output();
    assert_code(&read, 0);
    assert_eq!(super::sums(&read.stdout), of_file(&one));
    let other = other.output();
    assert_code(&other, 0);
    let other = crate::support::parse(&other.stdout);
    assert_eq!(
        (&other["frames"], &other["missed"]),
        (&15.into(), &0.into())
    );
    let output = publisher.output();
    assert_code(&output, 0);
    let events = events(&output.stdout);
    for (name, format, frames) in [("a", "yuv420p", 25), ("b", "nv12", 15)] {
        let key = format!("{}-{name}", place.key);
        let own: Vec<_> = events
            .iter()
            .filter(|event| event["key"] == key.as_str())
            .collect();
        let ended = own
            .iter()
            .find(|event| event["event"] == "ended")
            .expect("its end");
        assert_eq!(
            (&ended["width"], &ended["height"]),
            (&64.into(), &48.into())
        );
        assert_eq!(
            (&ended["format"], &ended["published"]),
            (&format.into(), &frames.into())
        );
    }
}

#[test]
fn what_happens_to_one_does_not_touch_the_others() {
    let place = Place::new();
    let one = film(&place, "a.mp4", "size=64x48:rate=25:duration=0.4", H264);
    let silent = camera::camera(Vec::new());
    let taken = place.start("publish --key KEY --test-pattern 8x8@9 -q");
    until("publish", || place.run("info KEY --json").status.success());
    let file = config(
        &place,
        &format!(
            "[[camera]]\nkey = 'KEY-a'\ninput = '{}'\nloop = true\nrealtime = true\n\
         [[camera]]\nkey = 'KEY-b'\ninput = '/nowhere.mp4'\n\
         [[camera]]\nkey = 'KEY-c'\ninput = '{silent}'\nstall-timeout = 0.2\n\
         [[camera]]\nkey = 'KEY'\ninput = '{}'\n",
            one.display(),
            one.display()
        ),
    );
    let mut publisher = place.start(&format!("publish --json --config {}", file.display()));
    let mut said = String::new();
    while said.matches("nothing came for 200ms").count() < 2
        || !said.contains("nowhere.mp4: No such file")
        || !said.contains("already")
    {
        said += &publisher.read_stderr_line();
    }
    // The first one goes on beside those that fail.
    let read = place.run(&format!("sub {}-a --frames 12", place.key));
    assert_code(&read, 0);
    publisher.signal(Signal::TERM);
    let output = publisher.output();
    assert_signal(output.status, Signal::TERM);
    said += &text(&output.stderr);
    assert!(!said.contains(camera::SECRET), "{said}");
    assert!(!text(&output.stdout).contains(camera::SECRET));
    drop(taken);
}

#[test]
fn the_end_tells_how_many_failed() {
    let place = Place::new();
    let one = film(&place, "a.mp4", "size=64x48:rate=25:duration=0.4", H264);
    let file = config(
        &place,
        &format!(
            "[[camera]]\nkey = 'KEY-a'\ninput = '{}'\n[[camera]]\nkey = 'KEY-b'\ninput = '/nowhere.mp4'\n",
            one.display()
        ),
    );
    let output = place.run(&format!("publish --config {}", file.display()));
    let said = assert_code(&output, 15);
    assert!(said.contains("10 published"), "{said}");
    assert!(said.contains("1 of 2 inputs failed"), "{said}");
}

#[test]
fn a_wrong_file_says_where() {
    let place = Place::new();
    let camera = "[[camera]]\nkey = 'KEY-a'\ninput = 'rtsp://me:swordfish@host/a'\n";
    for (text, word) in [
        ("", "no [[camera]]"),
        ("[[camera]]\nkey = 'a'\n", "camera 1: input is missing"),
        ("[[camera]]\ninput = 'a.mp4'\n", "--key"),
        (
            &format!("{camera}speed = 3\n"),
            "camera 1: speed is no option",
        ),
        (
            &format!("{camera}json = true\n"),
            "camera 1: json is no option",
        ),
        (
            &format!("{camera}slots = 'many'\n"),
            "camera 1: invalid value",
        ),
        (&format!("{camera}loop = 3\n"), "camera 1"),
        (&format!("{camera}size = '4x4'\n"), "--scale"),
        (&format!("{camera}{camera}"), "two cameras have the key"),
        (&format!("{camera}[other]\n"), "other is neither"),
        (
            &format!("{camera}input = 'rtsp://me:swordfish@host/b'\n"),
            "line 4",
        ),
        (
            "[[camera]]\nkey = 'a'\ninput = '-'\n",
            "standard input is no camera",
        ),
    ] {
        let file = config(&place, text);
        let output = place.run(&format!("publish --config {}", file.display()));
        let said = assert_code(&output, 2);
        assert!(said.contains(word), "{text}: {said}");
        assert!(!said.contains("swordfish"), "{said}");
    }
    let output = place.run("publish --config /nowhere.toml");
    assert!(assert_code(&output, 1).contains("read /nowhere.toml"));
    let output = place.run("publish --config /nowhere.toml --slots 4");
    assert!(assert_code(&output, 2).contains("--slots"));
    let output = place.run("publish --config /nowhere.toml --realtime --json");
    assert!(assert_code(&output, 2).contains("--realtime"));
}
