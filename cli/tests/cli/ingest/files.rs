//! Frame by frame what ffmpeg decodes, in every format and from every kind of file.

use super::{film, of_file, published, reference};
use crate::support::Place;

#[test]
fn h264_and_hevc_arrive_as_they_are_and_nothing_is_copied() {
    // Sizes that are and that are not whole blocks, references to what comes later, groups
    // that are closed and open, fields.
    let x264 = "-c:v libx264 -pix_fmt yuv420p";
    let x265 = "-c:v libx265 -pix_fmt yuv420p -x265-params log-level=none";
    let cases = [
        ("a.mp4", "320x180", format!("{x264} -bf 3 -g 20")),
        (
            "b.ts",
            "322x182",
            format!("{x264} -bf 3 -g 20 -x264-params open-gop=1"),
        ),
        (
            "c.mkv",
            "130x68",
            format!("{x264} -refs 5 -bf 5 -flags +ildct+ilme"),
        ),
        (
            "d.mp4",
            "64x32",
            format!("{x264} -tune zerolatency -color_range pc"),
        ),
        ("e.mkv", "320x180", format!("{x265}:open-gop=1:keyint=20")),
        (
            "f.ts",
            "258x130",
            format!("{x265}:open-gop=0:bframes=6:keyint=20"),
        ),
    ];
    for (name, size, coding) in cases {
        let place = Place::new();
        let source = format!("size={size}:rate=25:duration=2.4");
        let file = film(&place, name, &source, &coding);
        let expected = of_file(&file);
        assert_eq!(expected.len(), 60, "{name}");
        let (found, summary, said) = published(&place, &file.display().to_string(), "");
        assert_eq!(found, expected, "{name}");
        assert_eq!(summary["published"], 60, "{name}");
        assert_eq!(summary["copies"], 0, "{name}: {said}");
        assert_eq!(summary["input"]["in_place"], 60, "{name}");
        assert_eq!(summary["input"]["converted"], 0, "{name}");
        assert_eq!(summary["input"]["errors"], 0, "{name}");
        assert_eq!(summary["format"], "yuv420p", "{name}");
        assert!(said.contains("nothing is copied"), "{said}");
    }
}

#[test]
fn too_few_slots_are_said_and_cost_copies_and_no_frames() {
    let place = Place::new();
    let coding = "-c:v libx264 -pix_fmt yuv420p -refs 5 -bf 4";
    let file = film(&place, "a.mp4", "size=320x180:rate=25:duration=2", coding);
    let expected = of_file(&file);
    let input = file.display().to_string();
    let (found, summary, said) = published(&place, &input, "--slots 4");
    assert_eq!(found, expected);
    let copies = summary["copies"].as_u64().expect("a number");
    let in_place = summary["input"]["in_place"].as_u64().expect("a number");
    assert!(copies > 0, "{summary}");
    assert_eq!(copies + in_place, 50, "{summary}");
    assert!(said.contains("4 slots of"), "{said}");
    assert!(said.contains("are copied"), "{said}");
}

#[test]
fn other_codecs_are_copied_once() {
    let cases = [
        ("a.avi", "-c:v mpeg4 -bf 2 -pix_fmt yuv420p", "yuv420p"),
        ("b.mkv", "-c:v mjpeg -pix_fmt yuvj420p", "yuv420p"),
        ("c.mkv", "-c:v ffv1 -pix_fmt gray", "gray"),
        ("d.mkv", "-c:v rawvideo -pix_fmt yuyv422", "yuyv422"),
        ("e.mov", "-c:v png -pix_fmt rgb24", "rgb24"),
        ("f.mkv", "-c:v rawvideo -pix_fmt nv12", "nv12"),
    ];
    for (name, coding, format) in cases {
        let place = Place::new();
        let file = film(&place, name, "size=150x90:rate=25:duration=1", coding);
        let expected = of_file(&file);
        assert_eq!(expected.len(), 25, "{name}");
        let (found, summary, said) = published(&place, &file.display().to_string(), "");
        assert_eq!(found, expected, "{name}");
        assert_eq!(summary["format"], format, "{name}");
        assert_eq!(summary["copies"], 25, "{name}: {said}");
        assert_eq!(summary["input"]["in_place"], 0, "{name}");
        assert_eq!(summary["input"]["converted"], 0, "{name}");
    }
}

#[test]
fn a_filter_graph_is_an_input() {
    let place = Place::new();
    let graph = "testsrc2=size=96x64:rate=30:duration=1,format=nv12";
    let expected = reference(&["-f", "lavfi", "-i", graph], &[]);
    assert_eq!(expected.len(), 30);
    let (found, summary, _) = published(&place, &format!("lavfi:{graph}"), "");
    assert_eq!(found, expected);
    assert_eq!(summary["format"], "nv12");
    assert_eq!(summary["fps"], "30/1");
}

#[test]
fn formats_that_cannot_be_published_are_converted_and_that_is_said() {
    let cases = [
        ("-c:v libx264 -pix_fmt yuv422p", "", "yuv422p to 128x72 "),
        (
            "-c:v libx264 -pix_fmt yuv420p10le",
            "--format p010le",
            "p010le",
        ),
        ("-c:v libx264 -pix_fmt yuv420p", "--format nv12", "nv12"),
        (
            "-c:v libx264 -pix_fmt yuv420p -colorspace bt709",
            "--format rgb24",
            "rgb24",
        ),
    ];
    for (coding, options, word) in cases {
        let place = Place::new();
        let file = film(&place, "a.mkv", "size=128x72:rate=25:duration=1", coding);
        let input = file.display().to_string();
        let (found, summary, said) = published(&place, &input, options);
        let format = summary["format"].as_str().expect("a name");
        let expected = reference(&["-i", &input], &["-pix_fmt", format]);
        assert_eq!(expected.len(), 25);
        assert_eq!(found, expected, "{coding}, {options}: {format}");
        assert_eq!(summary["input"]["converted"], 25);
        let told = said.lines().filter(|line| line.contains(": converting "));
        assert_eq!(told.count(), 1, "{said}");
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn a_new_size_in_the_middle_is_a_new_geometry() {
    let place = Place::new();
    let coding = "-c:v libx264 -pix_fmt yuv420p -bf 2 -bsf:v h264_mp4toannexb";
    let small = film(&place, "a.h264", "size=128x72:rate=25:duration=1", coding);
    let large = film(&place, "b.h264", "size=320x180:rate=25:duration=1", coding);
    let both = place.dir.path().join("c.h264");
    let bytes = [&small, &large].map(|file| std::fs::read(file).expect("a file"));
    std::fs::write(&both, bytes.concat()).expect("a file");
    let sums = |file| of_file(file).into_iter().map(|(_, sum)| sum);
    let expected: Vec<_> = sums(&small).chain(sums(&large)).collect();
    let (found, summary, said) = published(&place, &both.display().to_string(), "");
    let found: Vec<_> = found.into_iter().map(|(_, sum)| sum).collect();
    assert_eq!(found, expected);
    assert_eq!(
        (&summary["width"], &summary["height"]),
        (&320.into(), &180.into())
    );
    assert_eq!(summary["published"], 50);
    assert!(said.contains("goes on with 320x180 yuv420p"), "{said}");
    // Those that were being decoded when the first of the new size came.
    let copies = summary["copies"].as_u64().expect("a number");
    assert!(copies <= 8, "{summary}");
}
