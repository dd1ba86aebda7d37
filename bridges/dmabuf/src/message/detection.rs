//! Something that a model found in a frame.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::object;

/// Something that was found. Members that this library does not know are passed on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Number of its class in the model.
    pub class_id: i64,
    /// Name of its class.
    pub class_name: String,
    /// How sure the model is: 0 to 1.
    pub confidence: f64,
    /// Where it is.
    #[serde(deserialize_with = "object::one")]
    pub bbox: Bbox,
    /// Whatever else was said of it.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// A rectangle in pixels of the frame. It may begin outside of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bbox {
    /// Its left edge.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// How wide it is.
    pub width: f64,
    /// How high it is.
    pub height: f64,
}

/// What is wrong with a detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDetection {
    /// A model is sure from 0 to 1.
    #[error("its confidence is not between 0 and 1")]
    Confidence,
    /// A rectangle has no negative sides.
    #[error("its bbox has a negative width or height, or a number that is not finite")]
    Bbox,
}

impl Detection {
    /// Checks its numbers. JSON has neither infinities nor NaN, but a model may.
    pub fn check(&self) -> Result<(), InvalidDetection> {
        if !(0.0..=1.0).contains(&self.confidence) {
            return Err(InvalidDetection::Confidence);
        }
        let Bbox {
            x,
            y,
            width,
            height,
        } = self.bbox;
        let is_finite = [x, y, width, height].into_iter().all(f64::is_finite);
        match is_finite && width >= 0.0 && height >= 0.0 {
            true => Ok(()),
            false => Err(InvalidDetection::Bbox),
        }
    }
}
