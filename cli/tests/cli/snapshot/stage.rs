//! Pictures of known colours, and a process that publishes them with what is said about them.

use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cuframes::{Color, ColorRange, Crop, Format, FrameMeta, Publisher};

use crate::support::{Place, Running, text};

/// Names the list of a process that publishes.
const LIST: &str = "CUFRAMES_TEST_STILLS";

/// Columns of each bar.
pub const BAR: usize = 32;
pub const HEIGHT: usize = 48;
/// Bars at 75 %, and black, grey and white.
pub const BARS: [[u8; 3]; 9] = [
    [191, 191, 191],
    [191, 191, 0],
    [0, 191, 191],
    [0, 191, 0],
    [191, 0, 191],
    [191, 0, 0],
    [0, 0, 191],
    [0, 0, 0],
    [255, 255, 255],
];
pub const WIDTH: usize = BAR * BARS.len();

/// The bars as R, G and B.
pub fn bars() -> Vec<u8> {
    let row: Vec<u8> = BARS.iter().flat_map(|bar| bar.repeat(BAR)).collect();
    row.repeat(HEIGHT)
}

/// A frame that waits to be published.
#[derive(Clone, Debug)]
pub struct Still {
    pub key: String,
    pub format: Format,
    pub size: (usize, usize),
    pub file: PathBuf,
    pub color: Color,
    pub crop: Crop,
}

impl Still {
    fn line(&self) -> String {
        let Color {
            primaries,
            transfer,
            matrix,
            range,
        } = self.color;
        let Crop {
            left,
            top,
            right,
            bottom,
        } = self.crop;
        format!(
            "{} {} {} {} {} {primaries} {transfer} {matrix} {} {left} {top} {right} {bottom}",
            self.key,
            self.format,
            self.size.0,
            self.size.1,
            self.file.display(),
            range as u8
        )
    }

    fn parse(line: &str) -> Still {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words[at].parse::<usize>().expect("a number");
        let byte = |at: usize| u8::try_from(number(at)).expect("a byte");
        let edge = |at: usize| u16::try_from(number(at)).expect("an edge");
        Still {
            key: words[0].to_owned(),
            format: words[1].parse().expect("a format"),
            size: (number(2), number(3)),
            file: words[4].into(),
            color: Color {
                primaries: byte(5),
                transfer: byte(6),
                matrix: byte(7),
                range: ColorRange::from_u8(byte(8)),
            },
            crop: Crop {
                left: edge(9),
                top: edge(10),
                right: edge(11),
                bottom: edge(12),
            },
        }
    }

    fn publish(&self) -> Publisher {
        let (width, height) = (self.size.0 as u32, self.size.1 as u32);
        let builder = Publisher::builder(&self.key).format(self.format);
        let mut publisher = builder.size(width, height).build().expect("a publisher");
        let pixels = std::fs::read(&self.file).expect("pixels");
        let mut frame = publisher.acquire().expect("a slot").expect("a free slot");
        let layout = *frame.layout();
        assert_eq!(pixels.len() as u64, layout.packed_size(), "{self:?}");
        let mut rest = &pixels[..];
        for plane in 0..layout.plane_count {
            let row = layout.plane_row_bytes(plane) as usize;
            let (bytes, after) = rest.split_at(row * layout.plane_rows(plane) as usize);
            let pitch = frame.pitch(plane);
            let to = frame.plane_mut(plane).chunks_mut(pitch);
            for (to, from) in to.zip(bytes.chunks_exact(row)) {
                to[..row].copy_from_slice(from);
            }
            rest = after;
        }
        let meta = FrameMeta {
            color: self.color,
            crop: self.crop,
            ..FrameMeta::default()
        };
        publisher.publish(frame, &meta).expect("published");
        publisher
    }
}

/// Publishes all of them, each under its key, until the result is dropped.
pub fn publish(place: &Place, stills: &[Still]) -> Running {
    let list = place.dir.path().join("stills");
    let lines: Vec<String> = stills.iter().map(Still::line).collect();
    std::fs::write(&list, lines.join("\n")).expect("a list");
    let mut child = Command::new(std::env::current_exe().expect("own path"))
        .args([
            "snapshot::stage::plays_the_publisher",
            "--exact",
            "--nocapture",
        ])
        .env(LIST, &list)
        .env("CUFRAMES_RUNTIME_DIR", place.dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this program starts");
    let stderr = child.stderr.as_mut().expect("a pipe");
    let mut said = String::new();
    let mut lines = std::io::BufReader::new(stderr);
    while !said.ends_with("published\n") {
        assert_ne!(lines.read_line(&mut said).expect("a line"), 0, "{said}");
    }
    Running::of(child)
}

#[test]
fn plays_the_publisher() {
    let Some(list) = std::env::var_os(LIST) else {
        return;
    };
    let list = std::fs::read_to_string(list).expect("a list");
    let publishers: Vec<Publisher> = list
        .lines()
        .map(|line| Still::parse(line).publish())
        .collect();
    writeln!(std::io::stderr(), "published").expect("somebody reads it");
    // Until whoever started this is gone.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    drop(publishers);
}

/// The result of ffmpeg with `arguments`, to which `input` is given.
pub fn ffmpeg_on(arguments: &str, input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error"])
        .args(arguments.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ffmpeg, which is the reference, is installed");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("an end");
    let _ = writer.join().expect("the writer");
    assert!(
        output.status.success(),
        "{arguments}: {}",
        text(&output.stderr)
    );
    output.stdout
}

/// The pixels of a picture file as R, G and B.
pub fn decoded(file: &Path) -> Vec<u8> {
    let bytes = std::fs::read(file).expect("a picture");
    let to_rgb = "-vf scale=flags=accurate_rnd+full_chroma_int+bicubic,format=rgb24";
    ffmpeg_on(&format!("-i - {to_rgb} -f rawvideo -"), &bytes)
}

/// The largest difference of two pictures.
pub fn difference(left: &[u8], right: &[u8]) -> u8 {
    assert_eq!(left.len(), right.len(), "bytes of the pictures");
    let differences = left.iter().zip(right).map(|(&a, &b)| a.abs_diff(b));
    differences.max().expect("some pixels")
}

/// The largest difference in the inner pixels of all bars, where no edge is near.
pub fn difference_of_bars(picture: &[u8], expected: &[[u8; 3]]) -> u8 {
    assert_eq!(picture.len(), WIDTH * HEIGHT * 3, "bytes of the picture");
    let mut largest = 0;
    for y in 8..HEIGHT - 8 {
        for (bar, colour) in expected.iter().enumerate() {
            for x in bar * BAR + 8..bar * BAR + BAR - 8 {
                let pixel = &picture[(y * WIDTH + x) * 3..][..3];
                largest = largest.max(difference(pixel, colour));
            }
        }
    }
    largest
}
