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
