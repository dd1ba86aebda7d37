//! The picture: sixteen columns of colours in nine rows of brightness, as the controls make it.

use crate::camera::Control;

use super::model;

/// Columns and rows of patches.
pub const COLUMNS: usize = 16;
/// See [`COLUMNS`].
pub const ROWS: usize = 9;

/// Red, green and blue, each 0 to 1.
pub type Colour = [f32; 3];

/// What all controls are set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values([i64; Control::ALL.len()]);

impl Default for Values {
    fn default() -> Values {
        Values(Control::ALL.map(|control| model::range(control).default))
    }
}

impl Values {
    pub fn get(&self, control: Control) -> i64 {
        self.0[control as usize]
    }

    pub fn set(&mut self, control: Control, value: i64) {
        self.0[control as usize] = value;
    }

    /// Gives what belongs to eHDR its defaults.
    pub fn forget_ehdr(&mut self) {
        for control in Control::ALL.into_iter().filter(|control| control.is_ehdr()) {
            self.set(control, model::range(control).default);
        }
    }

    fn ratio(&self, control: Control, to: f32) -> f32 {
        self.get(control) as f32 / to
    }
}

/// What a lens would see in a patch: hues from left to right, the last two columns grey; darker
/// from top to bottom.
fn scene(column: usize, row: usize) -> Colour {
    let level = (ROWS - row) as f32 / ROWS as f32;
    let hues = COLUMNS - 2;
    if column >= hues {
        return [level * 0.8; 3];
    }
    let hue = column as f32 / hues as f32;
    let channel = |third: f32| {
        let distance = (hue - third).abs().min(1.0 - (hue - third).abs());
        level * (0.9 - 2.0 * distance).clamp(0.1, 0.9)
    };
    [channel(0.0), channel(1.0 / 3.0), channel(2.0 / 3.0)]
}

/// The colours of a row of patches.
pub fn patches(values: &Values, row: usize) -> [Colour; COLUMNS] {
    let mut patches = [[0.0; 3]; COLUMNS];
    for (column, patch) in patches.iter_mut().enumerate() {
        *patch = process(values, light(values, scene(column, row)));
    }
    patches
}

/// The sensor: exposure, gain, eHDR and white balance.
fn light(values: &Values, colour: Colour) -> Colour {
    let exposure = match values.get(Control::ExposureAuto) {
        0 => values.ratio(Control::Exposure, 100.0),
        _ => 1.0,
    };
    let gain = 1.0 + values.ratio(Control::Gain, 50.0);
    let warmth = match values.get(Control::WhiteBalanceAuto) {
        0 => values.ratio(Control::WhiteBalance, 4600.0).sqrt(),
        _ => 1.0,
    };
    let [red, green, blue] = colour.map(|channel| compress(values, channel * exposure * gain));
    [red * warmth, green, blue / warmth]
}

/// eHDR: bright parts are compressed, the more so the further its exposures lie apart.
fn compress(values: &Values, channel: f32) -> f32 {
    if values.get(Control::EhdrMode) != 0 {
        return channel;
    }
    let ratio =
        values.ratio(Control::EhdrRatioMax, 32.0) + values.ratio(Control::EhdrRatioMin, 64.0);
    let count =
        values.ratio(Control::EhdrExposureMax, 4.0) + values.ratio(Control::EhdrExposureMin, 8.0);
    let strength = ratio * count;
    channel * (1.0 + strength) / (1.0 + strength * channel)
}

/// The processor behind the sensor.
fn process(values: &Values, colour: Colour) -> Colour {
    let contrast = values.ratio(Control::Contrast, 128.0);
    let brightness = (values.ratio(Control::Brightness, 128.0) - 1.0) / 2.0;
    let saturation = values.ratio(Control::Saturation, 128.0);
    let gamma = 100.0 / values.get(Control::Gamma) as f32;
    let luminance = 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2];
    colour.map(|channel| {
        let saturated = luminance + (channel - luminance) * saturation;
        let shown = (saturated - 0.5) * contrast + 0.5 + brightness;
        shown.clamp(0.0, 1.0).powf(gamma)
    })
}

/// A row of patches as `width` pixels, whose edges are as sharp as asked for.
pub fn pixels(values: &Values, row: usize, width: usize) -> Vec<Colour> {
    let patches = patches(values, row);
    let patch = |x: usize| patches[(x * COLUMNS / width).min(COLUMNS - 1)];
    let sharpness = values.ratio(Control::Sharpness, 32.0);
    let pixel = |x: usize| {
        let (here, left) = (patch(x), patch(x.saturating_sub(1)));
        let right = patch((x + 1).min(width - 1));
        std::array::from_fn(|channel| {
            let around = (left[channel] + right[channel]) / 2.0;
            (here[channel] + (here[channel] - around) * sharpness).clamp(0.0, 1.0)
        })
    };
    (0..width).map(pixel).collect()
}
