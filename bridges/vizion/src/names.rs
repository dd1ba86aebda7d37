//! The names of segments.

use crate::ShmError;

/// Where POSIX shared memory lies.
pub(crate) const SHM_DIR: &str = "/dev/shm";
/// A file name has at most 255 bytes; some are left for who derives names of it.
const LONGEST: usize = 250;

/// Checks the name of a segment: `/vizion_frame`, or the same without its slash.
///
/// ```
/// assert!(vizion::validate_name("/vizion_frame").is_ok());
/// assert!(vizion::validate_name("camera 2").is_ok());
/// assert!(vizion::validate_name("/../etc/passwd").is_err());
/// ```
pub fn validate_name(name: &str) -> Result<(), ShmError> {
    let plain = file_name(name);
    let why = match plain {
        "" => "it is empty",
        "." => "it is a folder's",
        _ if plain.contains('/') => "it has a slash elsewhere than in front",
        _ if plain.contains("..") => "it has two dots in a row",
        _ if plain.contains('\0') => "it has a zero byte",
        _ if plain.len() > LONGEST => "it is longer than 250 bytes",
        _ => return Ok(()),
    };
    Err(ShmError::Name {
        name: name.chars().take(64).collect(),
        why,
    })
}

/// The file of the segment `name` in [`SHM_DIR`].
pub(crate) fn file_name(name: &str) -> &str {
    name.strip_prefix('/').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_or_that_no_file_has_are_refused() {
        let long = "x".repeat(251);
        let bad = [
            "", "/", ".", "..", "/..", "//x", "a/b", "/a/b", "../x", "a..b", "a\0b", &long,
        ];
        for bad in bad {
            validate_name(bad).expect_err(bad);
        }
        for good in ["/vizion_frame", "x", "ünï", ".hidden", &long[1..]] {
            validate_name(good).unwrap_or_else(|error| panic!("{good}: {error}"));
        }
    }
}
