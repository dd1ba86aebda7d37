//! Films whose frames go to a GPU: decoded in host memory, and copied there once.

use super::{TO_ONE, film, of_file, read_with, reference, summary};
use crate::cuda::has_gpu;
use crate::support::{Place, assert_code};

#[test]
fn a_film_on_a_gpu_has_the_same_frames() {
    if !has_gpu("a_film_on_a_gpu_has_the_same_frames") {
        return;
    }
    for memory in ["cuda_ipc", "cuda_vmm"] {
        for (options, converted) in [("", 0), ("--format nv12", 25)] {
            let place = Place::new();
            let coding = "-c:v libx264 -pix_fmt yuv420p -bf 2";
            let file = film(&place, "a.mp4", "size=130x74:rate=25:duration=1", coding);
            let input = file.display().to_string();
            let expected = match converted {
                0 => of_file(&file),
                _ => reference(&["-i", &input], &["-pix_fmt", "nv12"]),
            };
            assert_eq!(expected.len(), 25);
            let line = format!("publish --key KEY --json --memory {memory} {options} {TO_ONE}");
            let publisher = place.start(&format!("{line} {input}"));
            assert_eq!(read_with(&place, "--cuda"), expected, "{memory} {options}");
            let output = publisher.output();
            assert_code(&output, 0);
            let summary = summary(&output.stdout);
            assert_eq!(summary["memory"], memory);
            assert_eq!(summary["copies"], 25);
            assert_eq!(summary["input"]["in_place"], 0);
            assert_eq!(summary["input"]["converted"], converted);
        }
    }
}

/// What ffmpeg gets from the GPU's decoder; the simulated one makes pictures of its own, always
/// the same of the same packets.
fn decoded_there(input: &str, format: &str) -> Vec<super::Sum> {
    let hardware = [
        "-hwaccel",
        "cuda",
        "-hwaccel_output_format",
        "cuda",
        "-i",
        input,
    ];
    reference(&hardware, &["-vf", &format!("hwdownload,format={format}")])
}

#[test]
fn what_a_gpu_decodes_stays_there() {
    if !has_gpu("what_a_gpu_decodes_stays_there") {
        return;
    }
    let x265 = "-c:v libx265 -pix_fmt yuv420p10le -x265-params log-level=none:bframes=3";
    for (name, coding, format) in [
        ("a.mp4", "-c:v libx264 -pix_fmt yuv420p -bf 2", "nv12"),
        ("b.mp4", x265, "p010le"),
    ] {
        for memory in ["cuda_ipc", "cuda_vmm", "auto", "host"] {
            let place = Place::new();
            let file = film(&place, name, "size=130x74:rate=25:duration=1", coding);
            let input = file.display().to_string();
            let expected = decoded_there(&input, format);
            assert_eq!(expected.len(), 25);
            assert_ne!(expected, of_file(&file));
            let line =
                format!("publish --key KEY --json --hwaccel cuda --memory {memory} {TO_ONE}");
            let publisher = place.start(&format!("{line} {input}"));
            assert_eq!(read_with(&place, "--cuda"), expected, "{name} {memory}");
            let output = publisher.output();
            assert_code(&output, 0);
            let summary = summary(&output.stdout);
            assert_eq!(summary["memory"] == "host", memory == "host");
            assert_eq!(summary["format"], format);
            assert_eq!(
                (&summary["published"], &summary["copies"]),
                (&25.into(), &25.into())
            );
            assert_eq!(summary["input"]["packets"]["published"], 25);
        }
    }
}

#[test]
fn what_a_gpu_decodes_can_be_converted() {
    if !has_gpu("what_a_gpu_decodes_can_be_converted") {
        return;
    }
    let place = Place::new();
    let coding = "-c:v libx264 -pix_fmt yuv420p -bf 2";
    let file = film(&place, "a.mp4", "size=128x72:rate=25:duration=1", coding);
    let input = file.display().to_string();
    let hardware = [
        "-hwaccel",
        "cuda",
        "-hwaccel_output_format",
        "cuda",
        "-i",
        &input,
    ];
    let expected = reference(&hardware, &["-vf", "hwdownload,format=nv12,scale=64:36"]);
    assert_eq!(expected.len(), 25);
    let options = "--hwaccel cuda --memory cuda_ipc --scale 64x36";
    let publisher = place.start(&format!(
        "publish --key KEY --json {options} {TO_ONE} {input}"
    ));
    assert_eq!(read_with(&place, "--cuda"), expected);
    let output = publisher.output();
    assert_code(&output, 0);
    assert_eq!(summary(&output.stdout)["input"]["converted"], 25);
}

#[test]
fn a_gpu_that_cannot_is_told_and_not_replaced() {
    let place = Place::new();
    let file = film(
        &place,
        "a.mkv",
        "size=128x72:rate=25:duration=1",
        "-c:v ffv1",
    );
    let input = file.display();
    let line = format!("publish --key KEY --hwaccel cuda {input}");
    let output = place.run(&line);
    let said = assert_code(&output, 14);
    assert!(said.contains("--hwaccel cuda does not work here"), "{said}");
    if has_gpu("a_gpu_that_cannot_is_told_and_not_replaced") {
        assert!(said.contains("no picture of this ffv1"), "{said}");
        let none = place.run(&format!("{line} --cuda-device 99"));
        assert!(assert_code(&none, 14).contains("GPU 99"));
    }
}
