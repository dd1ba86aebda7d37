//! Which recordings are removed.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use cuframes_cli::args::Keep;

use super::names::Names;

/// A recording in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Recording {
    path: PathBuf,
    /// Tells those apart that were made within a tick of the kernel's clock.
    number: u32,
    modified: SystemTime,
    bytes: u64,
}

/// Removes what is not to be kept beside `current`, which is being written. Returns each file that
/// was to go, and whether it did.
pub fn sweep(
    names: &Names,
    current: &Path,
    keep: Keep,
) -> io::Result<Vec<(PathBuf, io::Result<()>)>> {
    let Some(folder) = names.folder() else {
        return Ok(Vec::new());
    };
    let mut recordings = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(number) = name.to_str().and_then(|name| names.number(name)) else {
            continue;
        };
        // Another process may remove some of them too.
        let Some(about) = entry.metadata().ok().filter(|about| about.is_file()) else {
            continue;
        };
        recordings.push(Recording {
            path: entry.path(),
            number,
            modified: about.modified()?,
            bytes: about.len(),
        });
    }
    let name = current.file_name();
    recordings.retain(|recording| recording.path.file_name() != name);
    recordings
        .sort_by(|a, b| (a.modified, a.number, &a.path).cmp(&(b.modified, b.number, &b.path)));
    let written = fs::metadata(current)?.len();
    let surplus = surplus(&recordings, written, keep, SystemTime::now());
    let gone = recordings[..surplus].iter().map(|recording| {
        let removed = match fs::remove_file(&recording.path) {
            // Somebody else has done it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        };
        (recording.path.clone(), removed)
    });
    Ok(gone.collect())
}

/// How many of the oldest are to go. `finished` are sorted, the oldest first; `written` bytes
/// are in the one beside them.
fn surplus(finished: &[Recording], written: u64, keep: Keep, now: SystemTime) -> usize {
    match keep {
        Keep::Segments(count) => (finished.len() + 1).saturating_sub(count),
        Keep::Age(age) => finished
            .iter()
            .take_while(|recording| {
                let passed = now.duration_since(recording.modified);
                passed.is_ok_and(|passed| passed > age)
            })
            .count(),
        Keep::Bytes(bytes) => {
            let mut left = bytes.saturating_sub(written);
            let kept = finished.iter().rev().take_while(|recording| {
                let fits = recording.bytes <= left;
                left = left.saturating_sub(recording.bytes);
                fits
            });
            finished.len() - kept.count()
        }
    }
    .min(finished.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn recordings(now: SystemTime, ages_and_bytes: &[(u64, u64)]) -> Vec<Recording> {
        let recording = |&(age, bytes): &(u64, u64)| Recording {
            path: PathBuf::from(format!("{age}")),
            number: 0,
            modified: now - Duration::from_secs(age),
            bytes,
        };
        ages_and_bytes.iter().map(recording).collect()
    }

    #[test]
    fn counts_ages_and_sizes() {
        let now = SystemTime::now();
        let some = recordings(now, &[(40, 100), (30, 10), (20, 50), (10, 50)]);
        let gone = |keep, written| surplus(&some, written, keep, now);
        assert_eq!(gone(Keep::Segments(5), 0), 0);
        assert_eq!(gone(Keep::Segments(3), 0), 2);
        assert_eq!(gone(Keep::Segments(1), 0), 4);
        assert_eq!(gone(Keep::Age(Duration::from_secs(30)), 0), 1);
        assert_eq!(gone(Keep::Age(Duration::from_secs(5)), 0), 4);
        assert_eq!(gone(Keep::Bytes(210), 0), 0);
        assert_eq!(gone(Keep::Bytes(209), 0), 1);
        assert_eq!(gone(Keep::Bytes(209), 100), 2);
        assert_eq!(gone(Keep::Bytes(49), 0), 4);
        assert_eq!(gone(Keep::Bytes(49), 1000), 4);
        assert_eq!(surplus(&[], 9, Keep::Segments(1), now), 0);
    }
}
