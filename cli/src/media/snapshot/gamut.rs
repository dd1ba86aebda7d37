//! Colours of other primaries and of PQ, as sRGB.

use cuframes::Color;

/// Luminance of the white of a page, in cd/m2, for PQ (ITU-R BT.2408).
const PAPER_WHITE: f64 = 203.0;
/// What displays make of pictures that were not made for PQ.
const DISPLAY_GAMMA: f64 = 2.2;

/// x and y of red, green, blue and white.
type Chromaticities = [(f64, f64); 4];
type Matrix = [[f64; 3]; 3];

const D65: (f64, f64) = (0.3127, 0.3290);
const C: (f64, f64) = (0.310, 0.316);
const BT709: Chromaticities = [(0.640, 0.330), (0.300, 0.600), (0.150, 0.060), D65];

/// Primaries of H.273 that have chromaticities; BT.709 for unknown ones.
fn chromaticities(primaries: u8) -> Option<Chromaticities> {
    Some(match primaries {
        1 | 2 => BT709,
        4 => [(0.670, 0.330), (0.210, 0.710), (0.140, 0.080), C],
        5 => [(0.640, 0.330), (0.290, 0.600), (0.150, 0.060), D65],
        6 | 7 => [(0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65],
        8 => [(0.681, 0.319), (0.243, 0.692), (0.145, 0.049), C],
        9 => [(0.708, 0.292), (0.170, 0.797), (0.131, 0.046), D65],
        11 => [
            (0.680, 0.320),
            (0.265, 0.690),
            (0.150, 0.060),
            (0.314, 0.351),
        ],
        12 => [(0.680, 0.320), (0.265, 0.690), (0.150, 0.060), D65],
        22 => [(0.630, 0.340), (0.295, 0.605), (0.155, 0.077), D65],
        _ => return None,
    })
}

/// A conversion of R, G and B from 0 to 1.
#[derive(Debug)]
pub struct Gamut {
    pq: bool,
    matrix: Matrix,
}

impl Gamut {
    /// What turns colours of this kind into sRGB: `Ok(None)` if they are as good as that, `Err`
    /// with a word if they are of a kind that is not known here.
    pub fn of(color: Color) -> Result<Option<Gamut>, String> {
        let pq = color.transfer == 16;
        let from = chromaticities(color.primaries)
            .ok_or_else(|| format!("colour primaries {} of H.273", color.primaries))?;
        if from == BT709 && !pq {
            return Ok(None);
        }
        let matrix = product(&inverse(&to_xyz(&BT709)), &adapted(&from));
        Ok(Some(Gamut { pq, matrix }))
    }

    /// Converts one pixel.
    pub fn convert(&self, rgb: [f64; 3]) -> [f64; 3] {
        let linear = rgb.map(|value| match self.pq {
            true => pq_luminance(value) / PAPER_WHITE,
            false => value.max(0.0).powf(DISPLAY_GAMMA),
        });
        let shown = apply(&self.matrix, linear);
        shown.map(|value| {
            let value = value.clamp(0.0, 1.0);
            match self.pq {
                true => srgb(value),
                false => value.powf(1.0 / DISPLAY_GAMMA),
            }
        })
    }
}

/// SMPTE ST 2084: cd/m2 of a value.
fn pq_luminance(value: f64) -> f64 {
    const M1: f64 = 2610.0 / 16384.0;
    const M2: f64 = 2523.0 / 4096.0 * 128.0;
    const C1: f64 = 3424.0 / 4096.0;
    const C2: f64 = 2413.0 / 4096.0 * 32.0;
    const C3: f64 = 2392.0 / 4096.0 * 32.0;
    let power = value.max(0.0).powf(1.0 / M2);
    10_000.0 * ((power - C1).max(0.0) / (C2 - C3 * power)).powf(1.0 / M1)
}

fn srgb(linear: f64) -> f64 {
    match linear <= 0.003_130_8 {
        true => 12.92 * linear,
        false => 1.055 * linear.powf(1.0 / 2.4) - 0.055,
    }
}

/// The matrix from linear RGB to XYZ.
fn to_xyz(chromaticities: &Chromaticities) -> Matrix {
    let xyz = |(x, y): (f64, f64)| [x / y, 1.0, (1.0 - x - y) / y];
    let [red, green, blue, white] = chromaticities.map(xyz);
    let columns: Matrix = std::array::from_fn(|row| [red[row], green[row], blue[row]]);
    let scale = apply(&inverse(&columns), white);
    columns.map(|row| std::array::from_fn(|column| row[column] * scale[column]))
}

/// The same, and white becomes D65 (Bradford).
fn adapted(from: &Chromaticities) -> Matrix {
    const BRADFORD: Matrix = [
        [0.8951, 0.2664, -0.1614],
        [-0.7502, 1.7135, 0.0367],
        [0.0389, -0.0685, 1.0296],
    ];
    let cone = |rgb_to_xyz: &Matrix| apply(&BRADFORD, apply(rgb_to_xyz, [1.0; 3]));
    let ours = to_xyz(from);
    let (theirs, wanted) = (cone(&ours), cone(&to_xyz(&BT709)));
    let mut gain: Matrix = [[0.0; 3]; 3];
    for (channel, row) in gain.iter_mut().enumerate() {
        row[channel] = wanted[channel] / theirs[channel];
    }
    let adapt = product(&inverse(&BRADFORD), &product(&gain, &BRADFORD));
    product(&adapt, &ours)
}

fn apply(matrix: &Matrix, vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

fn product(left: &Matrix, right: &Matrix) -> Matrix {
    left.map(|row| std::array::from_fn(|column| (0..3).map(|k| row[k] * right[k][column]).sum()))
}

fn inverse(m: &Matrix) -> Matrix {
    let minor = |row: usize, column: usize| {
        let (r, c) = ([1, 2, 0], [1, 2, 0]);
        let (r1, r2) = (r[row], r[(row + 1) % 3]);
        let (c1, c2) = (c[column], c[(column + 1) % 3]);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant: f64 = (0..3).map(|column| m[0][column] * minor(0, column)).sum();
    std::array::from_fn(|row| std::array::from_fn(|column| minor(column, row) / determinant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(primaries: u8, transfer: u8) -> Color {
        Color {
            primaries,
            transfer,
            ..Color::default()
        }
    }

    fn near(found: [f64; 3], expected: [f64; 3], within: f64) {
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < within, "{found} {expected}");
        }
    }

    #[test]
    fn the_matrix_from_bt2020_is_that_of_bt2087() {
        let gamut = Gamut::of(color(9, 1)).expect("known").expect("other");
        let expected = [
            [1.6605, -0.5876, -0.0728],
            [-0.1246, 1.1329, -0.0083],
            [-0.0182, -0.1006, 1.1187],
        ];
        for (found, expected) in gamut.matrix.into_iter().zip(expected) {
            near(found, expected, 2e-4);
        }
    }

    #[test]
    fn white_and_grey_stay_what_they_are() {
        for primaries in [4, 5, 6, 7, 8, 9, 11, 12, 22] {
            let gamut = Gamut::of(color(primaries, 1))
                .expect("known")
                .expect("other");
            near(gamut.convert([1.0; 3]), [1.0; 3], 1e-6);
            near(gamut.convert([0.5; 3]), [0.5; 3], 1e-6);
        }
        for primaries in [1, 2] {
            assert!(Gamut::of(color(primaries, 2)).expect("known").is_none());
        }
        assert!(Gamut::of(color(99, 2)).is_err());
    }

    #[test]
    fn the_white_of_a_page_in_pq_is_white() {
        // BT.2408: 203 cd/m2 is 58 % of PQ.
        assert!((pq_luminance(0.5807) - 203.0).abs() < 0.5);
        assert!((pq_luminance(1.0) - 10_000.0).abs() < 1e-6);
        let gamut = Gamut::of(color(1, 16)).expect("known").expect("other");
        near(gamut.convert([0.5807; 3]), [1.0; 3], 2e-3);
        near(gamut.convert([0.0; 3]), [0.0; 3], 1e-6);
    }
}
