//! The planes of a frame.

use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

/// The most planes that a frame has.
pub const MAX_PLANES: usize = 4;

/// Where a plane is in its memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanePlace {
    /// Its first byte.
    pub offset: u64,
    /// Bytes from one row to the next.
    pub stride: u32,
    /// Its bytes, padding included but for the last row's.
    pub size: u64,
}

/// Where the planes of a frame are, in their order: a list that needs no memory of its own, since
/// one is made for each frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Planes {
    /// Those behind the last are the default.
    places: [PlanePlace; MAX_PLANES],
    count: usize,
}

impl FromIterator<PlanePlace> for Planes {
    /// # Panics
    /// If there are more than [`MAX_PLANES`].
    fn from_iter<I: IntoIterator<Item = PlanePlace>>(all: I) -> Planes {
        let mut planes = Planes::default();
        for place in all {
            planes.places[planes.count] = place;
            planes.count += 1;
        }
        planes
    }
}

impl IntoIterator for Planes {
    type Item = PlanePlace;
    type IntoIter = std::iter::Take<std::array::IntoIter<PlanePlace, MAX_PLANES>>;

    fn into_iter(self) -> Self::IntoIter {
        self.places.into_iter().take(self.count)
    }
}

impl Deref for Planes {
    type Target = [PlanePlace];

    fn deref(&self) -> &[PlanePlace] {
        &self.places[..self.count]
    }
}

impl DerefMut for Planes {
    fn deref_mut(&mut self) -> &mut [PlanePlace] {
        &mut self.places[..self.count]
    }
}
