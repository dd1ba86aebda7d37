//! Every format, matrix and range, against the colours that were painted and against what
//! ffmpeg makes of the same pixels.

use cuframes::{Color, ColorRange, Crop, Format};

use super::stage::{
    BARS, HEIGHT, Still, WIDTH, bars, decoded, difference, difference_of_bars, ffmpeg_on, publish,
};
use crate::support::{Place, assert_code};

/// H.273's number, and ffmpeg's name.
const MATRICES: [(u8, &str); 4] = [
    (1, "bt709"),
    (6, "smpte170m"),
    (9, "bt2020"),
    (7, "smpte240m"),
];
const EXACT: &str = "flags=accurate_rnd+full_chroma_int+full_chroma_inp+bicubic";
/// What 8 bits of limited range cannot tell apart.
const ROUNDING: u8 = 3;

fn yuv(format: Format) -> bool {
    let formats = [
        Format::Nv12,
        Format::P010,
        Format::Yu12,
        Format::Yuyv,
        Format::Uyvy,
    ];
    formats.contains(&format)
}

/// The bars in a format, by ffmpeg.
fn painted(place: &Place, format: Format, matrix: &str, range: ColorRange) -> std::path::PathBuf {
    let name = format.ffmpeg_name();
    let file = place
        .dir
        .path()
        .join(format!("{name}-{matrix}-{}", range as u8));
    let range = match range {
        ColorRange::Full => "pc",
        _ => "tv",
    };
    let colours = match yuv(format) || format == Format::R8 {
        true => format!(":out_color_matrix={matrix}:out_range={range}"),
        false => String::new(),
    };
    let pixels = ffmpeg_on(
        &format!(
            "-f rawvideo -pix_fmt rgb24 -s {WIDTH}x{HEIGHT} -i - \
             -vf scale={EXACT}{colours},format={name} -f rawvideo -"
        ),
        &bars(),
    );
    std::fs::write(&file, pixels).expect("pixels");
    file
}

fn still(place: &Place, number: usize, format: Format, file: std::path::PathBuf) -> Still {
    Still {
        key: format!("{}-{number}", place.key),
        format,
        size: (WIDTH, HEIGHT),
        file,
        color: Color::default(),
        crop: Crop::default(),
    }
}

/// What is published, for each what ffmpeg calls its matrix and range.
fn every_kind(place: &Place) -> Vec<(Still, &'static str, &'static str)> {
    let mut kinds = Vec::new();
    for format in Format::ALL {
        let matrices = if yuv(format) {
            &MATRICES[..]
        } else {
            &MATRICES[..1]
        };
        let ranges = [(ColorRange::Limited, "tv"), (ColorRange::Full, "pc")];
        let ranges = if yuv(format) || format == Format::R8 {
            &ranges[..]
        } else {
            &ranges[1..]
        };
        for &(number, matrix) in matrices {
            for &(range, name) in ranges {
                let file = painted(place, format, matrix, range);
                let mut still = still(place, kinds.len(), format, file);
                still.color = Color {
                    matrix: number,
                    range,
                    ..Color::default()
                };
                kinds.push((still, matrix, name));
            }
        }
    }
    kinds
}

fn snapshot(place: &Place, key: &str, name: &str) -> std::path::PathBuf {
    let file = place.dir.path().join(name);
    let output = place.run(&format!("snapshot {key} -o {}", file.display()));
    assert_code(&output, 0);
    file
}

/// What can be seen of the bars in a format.
fn expected(format: Format) -> Vec<[u8; 3]> {
    let grey = |bar: &[u8; 3]| {
        // BT.709's luma, by which ffmpeg was told to make the picture grey.
        let [r, g, b] = bar.map(f64::from);
        [(0.2126 * r + 0.7152 * g + 0.0722 * b).round() as u8; 3]
    };
    match format {
        Format::R8 => BARS.iter().map(grey).collect(),
        _ => BARS.to_vec(),
    }
}

#[test]
fn bars_of_every_format_matrix_and_range_are_what_was_painted() {
    let place = Place::new();
    let kinds = every_kind(&place);
    // 5 formats of 4 matrices and 2 ranges, grey in 2 ranges, 6 of RGB.
    assert_eq!(kinds.len(), 5 * 4 * 2 + 2 + 6);
    let stills: Vec<Still> = kinds.iter().map(|(still, ..)| still.clone()).collect();
    let _publisher = publish(&place, &stills);
    for (still, matrix, range) in &kinds {
        let what = format!("{} {matrix} {range}", still.format);
        let png = decoded(&snapshot(&place, &still.key, "x.png"));
        let wrong = difference_of_bars(&png, &expected(still.format));
        assert!(wrong <= ROUNDING, "{what}: {wrong} off the bars");

        // All pixels, edges too, are those of ffmpeg, which takes every grey for full range.
        if (still.format, *range) == (Format::R8, "tv") {
            continue;
        }
        let pixels = std::fs::read(&still.file).expect("pixels");
        let name = still.format.ffmpeg_name();
        let colours = match yuv(still.format) || still.format == Format::R8 {
            true => format!(":in_color_matrix={matrix}:in_range={range}"),
            false => String::new(),
        };
        let theirs = ffmpeg_on(
            &format!(
                "-f rawvideo -pix_fmt {name} -s {WIDTH}x{HEIGHT} -i - \
                 -vf scale={EXACT}{colours},format=rgb24 -f rawvideo -"
            ),
            &pixels,
        );
        let wrong = difference(&png, &theirs);
        assert!(wrong <= ROUNDING, "{what}: {wrong} off ffmpeg's picture");
    }
}

#[test]
fn jpegs_have_the_same_colours() {
    let place = Place::new();
    let mut stills = Vec::new();
    for (number, format) in [Format::Nv12, Format::Ar24, Format::R8]
        .into_iter()
        .enumerate()
    {
        let file = painted(&place, format, "bt709", ColorRange::Limited);
        let mut still = still(&place, number, format, file);
        still.color.matrix = 1;
        stills.push(still);
    }
    let _publisher = publish(&place, &stills);
    for still in &stills {
        let picture = decoded(&snapshot(&place, &still.key, "x.jpg"));
        let wrong = difference_of_bars(&picture, &expected(still.format));
        assert!(wrong <= 2 * ROUNDING, "{}: {wrong} off", still.format);
    }
}

/// Negative control: the same pixels said to be something else have other colours. And what
/// nobody said is taken for what the help says.
#[test]
fn a_wrong_matrix_or_range_shows() {
    let place = Place::new();
    let file = painted(&place, Format::Nv12, "smpte170m", ColorRange::Limited);
    let said = [
        (6, ColorRange::Limited, true),
        (2, ColorRange::Unknown, true),
        (1, ColorRange::Limited, false),
        (6, ColorRange::Full, false),
    ];
    let stills = said
        .iter()
        .enumerate()
        .map(|(number, &(matrix, range, _))| {
            let mut still = still(&place, number, Format::Nv12, file.clone());
            still.color.matrix = matrix;
            still.color.range = range;
            still
        });
    let stills: Vec<Still> = stills.collect();
    let _publisher = publish(&place, &stills);
    for (still, (matrix, range, right)) in stills.iter().zip(said) {
        let png = decoded(&snapshot(&place, &still.key, "x.png"));
        let wrong = difference_of_bars(&png, &BARS);
        assert_eq!(wrong <= ROUNDING, right, "{matrix} {range:?}: {wrong}");
        assert!(right || wrong > 12, "{matrix} {range:?}: {wrong}");
    }
}

#[test]
fn what_is_cropped_off_is_not_shown_and_bt2020_becomes_srgb() {
    let place = Place::new();
    let file = place.dir.path().join("bars");
    std::fs::write(&file, bars()).expect("pixels");
    let mut cropped = still(&place, 0, Format::Bg24, file.clone());
    cropped.crop = Crop {
        left: 33,
        top: 1,
        right: 64,
        bottom: 2,
    };
    let mut wide = still(&place, 1, Format::Bg24, file);
    wide.color.primaries = 9;
    let _publisher = publish(&place, &[cropped.clone(), wide.clone()]);

    let png = decoded(&snapshot(&place, &cropped.key, "x.png"));
    let expected: Vec<u8> = bars()
        .chunks(WIDTH * 3)
        .skip(1)
        .take(HEIGHT - 3)
        .flat_map(|row| row[33 * 3..(WIDTH - 64) * 3].to_vec())
        .collect();
    assert_eq!(difference(&png, &expected), 0);

    // By BT.2087's matrix and a display of gamma 2.2.
    let expected = BARS.map(|bar| {
        let [r, g, b] = bar.map(|value| (f64::from(value) / 255.0).powf(2.2));
        [
            1.6605 * r - 0.5876 * g - 0.0728 * b,
            -0.1246 * r + 1.1329 * g - 0.0083 * b,
            -0.0182 * r - 0.1006 * g + 1.1187 * b,
        ]
        .map(|value| (value.clamp(0.0, 1.0).powf(1.0 / 2.2) * 255.0).round() as u8)
    });
    let png = decoded(&snapshot(&place, &wide.key, "x.png"));
    let wrong = difference_of_bars(&png, &expected);
    assert!(wrong <= 1, "{wrong} off");
    assert!(difference_of_bars(&png, &BARS) > 12, "it is converted");
}
