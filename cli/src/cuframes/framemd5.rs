//! Lines as those of `ffmpeg -f framemd5`, to compare one by one.

use cuframes::FrameLayout;
use md5::{Digest, Md5};

use cuframes_cli::args::Ratio;

/// FFmpeg's number for "no time".
const NO_PTS: i64 = i64::MIN;
const NANOSECONDS: u128 = 1_000_000_000;

/// The comments at the beginning. FFmpeg calls an unknown aspect ratio 0/1.
pub fn header(layout: &FrameLayout, sar: (u32, u32), time_base: Ratio) -> String {
    let (num, den) = if sar.0 == 0 || sar.1 == 0 {
        (0, 1)
    } else {
        sar
    };
    format!(
        "#format: frame checksums\n\
         #version: 2\n\
         #hash: MD5\n\
         #software: cuframes{}\n\
         #tb 0: {time_base}\n\
         #media_type 0: video\n\
         #codec_id 0: rawvideo\n\
         #dimensions 0: {}x{}\n\
         #sar 0: {num}/{den}\n\
         #stream#, dts,        pts, duration,     size, hash\n",
        env!("CARGO_PKG_VERSION"),
        layout.width,
        layout.height,
    )
}

/// The line of one frame: its packed picture and its times in nanoseconds.
pub fn line(picture: &[u8], pts: Option<i64>, duration: i64, time_base: Ratio) -> String {
    let pts = pts.map_or(NO_PTS, |pts| rescale(pts, time_base));
    let duration = rescale(duration, time_base);
    let digest = Md5::digest(picture);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let size = picture.len();
    format!("0, {pts:10}, {pts:10}, {duration:8}, {size:8}, {digest}\n")
}

/// Nanoseconds in units of the time base: to the nearest, halves away from zero, as FFmpeg's
/// av_rescale_q does.
fn rescale(nanoseconds: i64, time_base: Ratio) -> i64 {
    let exact = u128::from(nanoseconds.unsigned_abs()) * u128::from(time_base.den);
    let unit = u128::from(time_base.num) * NANOSECONDS;
    let units = i64::try_from((exact + unit / 2) / unit).unwrap_or(i64::MAX);
    if nanoseconds < 0 { -units } else { units }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cuframes::Format;

    const FILM: Ratio = Ratio { num: 1, den: 25 };

    #[test]
    fn the_header_is_ffmpegs() {
        let layout = FrameLayout::new(Format::Nv12, 64, 48).expect("a layout");
        let ntsc = Ratio {
            num: 1001,
            den: 30_000,
        };
        let version = env!("CARGO_PKG_VERSION");
        let expected = format!(
            "#format: frame checksums\n#version: 2\n#hash: MD5\n#software: cuframes{version}\n\
             #tb 0: 1001/30000\n#media_type 0: video\n#codec_id 0: rawvideo\n\
             #dimensions 0: 64x48\n#sar 0: 0/1\n\
             #stream#, dts,        pts, duration,     size, hash\n"
        );
        assert_eq!(header(&layout, (0, 0), ntsc), expected);
        assert!(header(&layout, (8, 9), FILM).contains("#sar 0: 8/9\n"));
    }

    #[test]
    fn a_line_is_ffmpegs() {
        let found = line(&[], Some(40_000_000), 40_000_000, FILM);
        let expected =
            "0,          1,          1,        1,        0, d41d8cd98f00b204e9800998ecf8427e\n";
        assert_eq!(found, expected);
        let found = line(b"abc", None, 0, FILM);
        let expected = "0, -9223372036854775808, -9223372036854775808,        0,        3, \
                        900150983cd24fb0d6963f7d28e17f72\n";
        assert_eq!(found, expected);
    }

    #[test]
    fn times_are_rounded_to_the_nearest_unit() {
        let cases = [
            (19_999_999, 0),
            (20_000_000, 1),
            (59_999_999, 1),
            (60_000_000, 2),
            (-20_000_000, -1),
            (-19_999_999, 0),
        ];
        for (nanoseconds, units) in cases {
            assert_eq!(rescale(nanoseconds, FILM), units, "{nanoseconds}");
        }
        let finest = Ratio {
            num: 1,
            den: u32::MAX,
        };
        assert_eq!(rescale(i64::MAX, finest), i64::MAX);
        assert_eq!(rescale(i64::MIN, finest), -i64::MAX);
    }
}
