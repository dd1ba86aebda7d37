//! Boxes around what was found.

use cuframes::Crop;
use ffmpeg_next::frame::Video;
use frame_lending::message::{Bbox, Detection};

/// A colour for each class, and what people call it; the ninth class has that of the first again.
const COLOURS: [(&str, [u8; 3]); 8] = [
    ("red", [255, 0, 0]),
    ("green", [0, 255, 0]),
    ("blue", [0, 0, 255]),
    ("yellow", [255, 255, 0]),
    ("magenta", [255, 0, 255]),
    ("cyan", [0, 255, 255]),
    ("orange", [255, 128, 0]),
    ("white", [255, 255, 255]),
];
/// Rows of a picture for one pixel of a line's width; a line has two at least.
const ROWS_PER_PIXEL: u32 = 270;
const BLACK: [u8; 3] = [0; 3];

fn colour(class_id: i64) -> (&'static str, [u8; 3]) {
    let place = class_id.rem_euclid(COLOURS.len() as i64);
    COLOURS[place as usize]
}

/// Which colour which class has, for people: "person is red, car is green".
pub fn legend(detections: &[Detection]) -> String {
    let mut all: Vec<String> = Vec::new();
    for detection in detections {
        let name = detection.class_name.escape_debug();
        let text = format!("{name} is {}", colour(detection.class_id).0);
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all.join(", ")
}

/// Draws them into an RGB picture from which `crop` was cut off. A line lies inside of its box, and
/// a black one inside of it: a red box is seen on red, too.
pub fn draw(picture: &mut Video, crop: Crop, detections: &[Detection]) {
    let thick = i64::from((picture.height() / ROWS_PER_PIXEL).max(2));
    for detection in detections {
        let Some(area) = Area::of(&detection.bbox, crop, picture.width(), picture.height()) else {
            continue;
        };
        frame(picture, area.within(thick), thick / 2, BLACK);
        frame(picture, area, thick, colour(detection.class_id).1);
    }
}

/// Pixels from `left` and `top` up to those before `right` and `bottom`. Sides that are not in the
/// picture lie outside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    left: i64,
    top: i64,
    right: i64,
    bottom: i64,
}

impl Area {
    /// `None` if nothing of it is in the picture.
    fn of(bbox: &Bbox, crop: Crop, width: u32, height: u32) -> Option<Area> {
        // Far outside is as good as further outside, and a number that can be counted with.
        let pixel = |value: f64| value.round().clamp(-1e6, 1e6) as i64;
        let (left, top) = (
            pixel(bbox.x - f64::from(crop.left)),
            pixel(bbox.y - f64::from(crop.top)),
        );
        let right = pixel(bbox.x + bbox.width - f64::from(crop.left)).max(left + 1);
        let bottom = pixel(bbox.y + bbox.height - f64::from(crop.top)).max(top + 1);
        let is_seen = left < width.into() && top < height.into() && right > 0 && bottom > 0;
        is_seen.then_some(Area {
            left,
            top,
            right,
            bottom,
        })
    }

    /// Without a border that is so thick; nothing where there is only border.
    fn within(self, thick: i64) -> Area {
        Area {
            left: self.left + thick,
            top: self.top + thick,
            right: self.right - thick,
            bottom: self.bottom - thick,
        }
    }
}

fn frame(picture: &mut Video, area: Area, thick: i64, colour: [u8; 3]) {
    let (width, height) = (i64::from(picture.width()), i64::from(picture.height()));
    let pitch = picture.stride(0);
    let Area {
        left,
        top,
        right,
        bottom,
    } = area;
    for y in top.max(0)..bottom.min(height) {
        let row = &mut picture.data_mut(0)[y as usize * pitch..];
        let is_edge = y < top + thick || y >= bottom - thick;
        let parts = match is_edge {
            true => [(left, right), (right, right)],
            false => [
                (left, (left + thick).min(right)),
                ((right - thick).max(left), right),
            ],
        };
        for (from, to) in parts {
            for x in from.max(0)..to.min(width) {
                row[x as usize * 3..][..3].copy_from_slice(&colour);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use ffmpeg_next::format::Pixel;

    fn found(class_id: i64, bbox: [f64; 4]) -> Detection {
        let [x, y, width, height] = bbox;
        Detection {
            class_id,
            class_name: format!("class{class_id}"),
            confidence: 1.0,
            bbox: Bbox {
                x,
                y,
                width,
                height,
            },
            more: serde_json::Map::new(),
        }
    }

    /// A grey picture with boxes in it: a letter for each pixel.
    fn drawn(crop: Crop, detections: &[Detection]) -> Vec<String> {
        let mut picture = Video::new(Pixel::RGB24, 12, 8);
        picture.data_mut(0).fill(128);
        draw(&mut picture, crop, detections);
        let pitch = picture.stride(0);
        let letter = |pixel: &[u8]| match pixel {
            [128, 128, 128] => '.',
            [0, 0, 0] => '#',
            [255, 0, 0] => 'r',
            [0, 255, 0] => 'g',
            other => panic!("{other:?}"),
        };
        let rows = picture.data(0).chunks(pitch).take(8);
        rows.map(|row| row[..36].chunks(3).map(letter).collect())
            .collect()
    }

    #[test]
    fn lines_lie_inside_of_their_box() {
        let boxes = [
            found(0, [1.0, 1.0, 6.0, 6.0]),
            found(9, [8.6, 2.4, 3.0, 3.0]),
        ];
        let expected = [
            "............",
            ".rrrrrr.....",
            ".rrrrrr..ggg",
            ".rr##rr..ggg",
            ".rr##rr..ggg",
            ".rrrrrr.....",
            ".rrrrrr.....",
            "............",
        ];
        assert_eq!(drawn(Crop::default(), &boxes), expected);
    }

    #[test]
    fn what_is_outside_is_not_drawn_and_what_is_cut_off_moves() {
        let crop = Crop {
            left: 10,
            top: 4,
            ..Crop::default()
        };
        let boxes = [
            found(0, [6.0, 0.0, 8.0, 8.0]),
            found(1, [20.0, 9.0, 1e300, 1e300]),
            found(0, [-1e300, -1e300, 5.0, 5.0]),
            found(0, [22.0, 0.0, 5.0, 100.0]),
        ];
        let expected = [
            ".#rr........",
            "##rr........",
            "rrrr........",
            "rrrr........",
            "............",
            "..........gg",
            "..........gg",
            "..........gg",
        ];
        assert_eq!(drawn(crop, &boxes), expected);
    }

    #[test]
    fn every_number_of_a_class_has_a_colour() {
        for class_id in [i64::MIN, -1, 0, 7, 8, i64::MAX] {
            assert!(!colour(class_id).0.is_empty());
        }
        let boxes = [0, 1, 0].map(|class_id| found(class_id, [0.0; 4]));
        assert_eq!(legend(&boxes), "class0 is red, class1 is green");
    }
}
