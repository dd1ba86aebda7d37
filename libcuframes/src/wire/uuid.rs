//! How a GPU's UUID is written down.

use std::fmt;

/// The UUID of a GPU or of a MIG instance, shown as the driver's tools show it.
///
/// ```
/// use cuframes::wire::Uuid;
/// let uuid = Uuid([0xAB, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
/// assert_eq!(uuid.to_string(), "GPU-ab000000-0102-0304-0506-0708090a0b0c");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Uuid(pub [u8; 16]);

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GPU")?;
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 0 | 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}
