//! Cameras are recorded through a publisher that decodes nothing.

use super::{end, files, packets, pictures, recorder, told};
use crate::ingest::camera::{SECRET, Server, camera, rtsp_film};
use crate::ingest::film;
use crate::support::{Place, assert_code, until};

const PUBLISH: &str = "publish --key KEY --packets-only --wait-subscribers 1 --packet-slots 512";
const X264: &str = "-c:v libx264 -pix_fmt yuv420p -bf 2";
const X265: &str = "-c:v libx265 -pix_fmt yuv420p -x265-params log-level=none";

#[test]
fn a_camera_over_rtsp_is_recorded_to_the_last_picture() {
    let place = Place::new();
    let film = rtsp_film(&place);
    let server = Server::start(&film, "0");
    let publisher = place.start(&format!("{PUBLISH} --reconnect=false {}", server.address()));
    let recorder = recorder(&place, "c.mp4", "--segment 1s");
    assert_code(&publisher.output(), 0);
    let told = told(recorder, 0);
    let written = files(&told, "finished");
    assert_eq!(written.len(), 2);
    let recorded: Vec<String> = written.iter().flat_map(|file| pictures(file)).collect();
    assert_eq!(recorded.len(), 50);
    assert_eq!(recorded, pictures(&film));
    for file in written {
        let bytes = std::fs::read(file).expect("a recording");
        let secret = SECRET.as_bytes();
        assert!(!bytes.windows(secret.len()).any(|part| part == secret));
    }
}

/// The server is killed in mid-stream and comes back: nothing that was published is missing.
#[test]
fn a_camera_that_went_and_came_back_is_recorded_on() {
    let place = Place::new();
    let film = rtsp_film(&place);
    let server = Server::start(&film, "0");
    let (port, address) = (server.port.clone(), server.address());
    let publisher = place.start(&format!("{PUBLISH} --frames 70 {address}"));
    let recorder = recorder(&place, "c.ts", "");
    let file = place.dir.path().join("c.ts");
    until("record some packets", || super::so_far(&file) >= 10);
    drop(server);
    let server = Server::start(&film, &port);
    assert_code(&publisher.output(), 0);
    drop(server);
    let told = told(recorder, 0);
    assert_eq!(
        (&end(&told)["packets"], &end(&told)["missed"]),
        (&70.into(), &0.into())
    );
    let counts = files(&told, "finished")
        .into_iter()
        .map(|file| packets(&file).len());
    assert_eq!(counts.sum::<usize>(), 70);
}

#[test]
fn a_camera_that_changes_its_codec_begins_a_new_file() {
    let place = Place::new();
    let one = film(&place, "a.ts", "size=64x48:rate=25:duration=0.4", X264);
    let two = film(&place, "b.ts", "size=128x96:rate=25:duration=0.4", X265);
    let answers = [&one, &two].map(|file| std::fs::read(file).expect("a file"));
    let input = camera(answers.to_vec());
    let publisher = place.start(&format!("{PUBLISH} --frames 20 {input}"));
    let recorder = recorder(&place, "c.mkv", "");
    assert_code(&publisher.output(), 0);
    let told = told(recorder, 0);
    let written = files(&told, "finished");
    assert_eq!(written.len(), 2);
    assert_eq!(pictures(&written[0]), pictures(&one));
    assert_eq!(pictures(&written[1]), pictures(&two));
}
