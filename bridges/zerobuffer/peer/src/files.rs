//! Names of buffers, and the files that belong to them.

use std::fs;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

/// The name of a buffer that no other test has, in this process or another. All of them begin
/// alike, so that a look for what tests left finds them.
pub fn unique(prefix: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("zbtest-{prefix}-{}-{number}", process::id())
}

/// Every file that a buffer of this name can have.
fn files(name: &str) -> [PathBuf; 4] {
    [
        format!("/dev/shm/{name}"),
        format!("/dev/shm/sem.sem-w-{name}"),
        format!("/dev/shm/sem.sem-r-{name}"),
        format!("/tmp/zerobuffer/{name}.lock"),
    ]
    .map(PathBuf::from)
}

/// Which files of a buffer are still there.
pub fn leftovers(name: &str) -> Vec<PathBuf> {
    files(name)
        .into_iter()
        .filter(|file| file.exists())
        .collect()
}

/// Removes, when dropped, what is left of the buffers that it knows: the peer's reader never
/// removes its semaphores, and whoever was killed removes nothing.
#[derive(Debug, Default)]
pub struct Tidy(Vec<String>);

impl Tidy {
    /// For the buffer of this name.
    pub fn new(name: &str) -> Tidy {
        Tidy(vec![name.to_owned()])
    }

    /// For one more.
    pub fn and(mut self, name: &str) -> Tidy {
        self.0.push(name.to_owned());
        self
    }
}

impl Drop for Tidy {
    fn drop(&mut self) {
        for file in self.0.iter().flat_map(|name| leftovers(name)) {
            // It may have gone by itself since.
            let _ = fs::remove_file(file);
        }
    }
}

/// Waits until the reader of `name` has made everything that a writer needs. In which order it
/// does is its own affair: the peer's has its semaphores last, ours the segment.
///
/// # Panics
/// After `patience`.
pub fn await_reader(name: &str, patience: Duration) {
    let [segment, frames, space, _] = files(name);
    for file in [segment, frames, space] {
        await_file(&file, patience);
    }
}

/// Waits until there is such a file.
///
/// # Panics
/// After `patience`.
pub fn await_file(file: &Path, patience: Duration) {
    await_presence(file, true, patience);
}

/// Waits until there is no such file.
///
/// # Panics
/// After `patience`.
pub fn await_gone(file: &Path, patience: Duration) {
    await_presence(file, false, patience);
}

fn await_presence(file: &Path, there: bool, patience: Duration) {
    let deadline = Instant::now() + patience;
    let folder = file.parent().expect("a file in a folder");
    let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).expect("inotify");
    // Linked as well as opened: semaphores come by both ways.
    let coming = WatchFlags::CREATE | WatchFlags::MOVED_TO;
    let events = coming | WatchFlags::DELETE | WatchFlags::MOVED_FROM;
    inotify::add_watch(&watch, folder, events).expect("a watch of the folder");
    let mut room = [MaybeUninit::uninit(); 4096];
    while file.exists() != there {
        let left = deadline.saturating_duration_since(Instant::now());
        let what = if there { "no" } else { "still" };
        assert!(
            !left.is_zero(),
            "{what} {} within {patience:?}",
            file.display()
        );
        let left = Timespec::try_from(left).expect("a time that the kernel can count");
        let mut fds = [PollFd::new(&watch, PollFlags::IN)];
        // An interrupted wait is one that looks again.
        let _ = poll(&mut fds, Some(&left));
        let mut told = inotify::Reader::new(&watch, &mut room);
        while told.next().is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_awaited_and_removed() {
        let name = unique("peer-files");
        assert_eq!(leftovers(&name), [""; 0].map(PathBuf::from));
        let tidy = Tidy::new(&name);
        let path = PathBuf::from(format!("/dev/shm/sem.sem-r-{name}"));
        let later = path.clone();
        let maker = std::thread::spawn(move || fs::write(later, b"x").expect("a file"));
        await_file(&path, Duration::from_secs(20));
        maker.join().expect("it is made");
        assert_eq!(leftovers(&name), std::slice::from_ref(&path));
        let remover = std::thread::spawn(move || drop(tidy));
        await_gone(&path, Duration::from_secs(20));
        remover.join().expect("it is removed");
        assert!(leftovers(&name).is_empty());
    }

    #[test]
    #[should_panic(expected = "within")]
    fn a_file_that_never_comes_is_told() {
        let path = PathBuf::from(format!("/dev/shm/{}", unique("peer-never")));
        await_file(&path, Duration::from_millis(20));
    }
}
