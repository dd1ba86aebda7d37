//! A key and a run directory of its own for each test, and a look at what is left at the end.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::line::Line;
use crate::peer::Peer;
use crate::traces;

static SCENES: AtomicU32 = AtomicU32::new(0);

/// One test's key and run directory. Dropping it fails the test if a socket or a segment of
/// the key is left, and removes that; what a test process leaves that is killed, the next one
/// removes.
#[derive(Debug)]
pub struct Scene {
    /// The key.
    pub key: String,
    /// The run directory.
    pub dir: PathBuf,
    _lock: File,
}

impl Scene {
    /// A scene that does not mind others on the same machine.
    pub fn new() -> Self {
        Scene::with(|lock| lock.lock_shared())
    }

    /// A scene that has all others wait: collecting garbage is not for one key only.
    pub fn alone() -> Self {
        Scene::with(File::lock)
    }

    fn with(take: impl Fn(&File) -> std::io::Result<()>) -> Self {
        let temporary = std::env::temp_dir();
        let lock = File::create(temporary.join("cuframes-tests.lock"));
        let lock = lock.expect("a lock file can be made");
        take(&lock).expect("the lock can be taken");
        traces::remove_of_the_dead();
        let number = SCENES.fetch_add(1, Ordering::Relaxed);
        // Two digits: no key is the beginning of another one's.
        let key = format!("{}{}-{number:02}", traces::PREFIX, std::process::id());
        let dir = temporary.join(format!("cuframes-{key}"));
        fs::create_dir(&dir).expect("a run directory can be made");
        Scene {
            key,
            dir,
            _lock: lock,
        }
    }

    /// Starts a publisher and waits until it is there.
    pub fn publisher(&self, options: &[&str]) -> Peer {
        let publisher = self.start("publish", options, None);
        publisher.expect("READY");
        publisher
    }

    /// Starts a subscriber and waits until it has joined.
    pub fn subscriber(&self, options: &[&str]) -> Peer {
        let subscriber = self.start("subscribe", options, None);
        subscriber.expect("READY");
        subscriber
    }

    /// Starts a helper; `failpoint` is where it kills itself.
    pub fn start(&self, role: &str, options: &[&str], failpoint: Option<&str>) -> Peer {
        Peer::start(&self.dir, role, &self.key, options, failpoint)
    }

    /// Files of this key: socket and segments.
    pub fn files(&self) -> BTreeSet<PathBuf> {
        let sockets = traces::sockets(&self.dir);
        sockets.into_iter().chain(self.segments()).collect()
    }

    /// Segments of this key in /dev/shm.
    pub fn segments(&self) -> Vec<PathBuf> {
        traces::segments(&self.key)
    }

    /// What the list of keys says of this one, and what collecting garbage would remove of it.
    pub fn look(&self) -> (Option<u32>, BTreeSet<PathBuf>) {
        self.keys(&[])
    }

    /// The same, and it is removed.
    pub fn collect(&self) -> (Option<u32>, BTreeSet<PathBuf>) {
        self.keys(&["collect=1"])
    }

    fn keys(&self, options: &[&str]) -> (Option<u32>, BTreeSet<PathBuf>) {
        let keys = self.start("keys", options, None);
        let mut owner = None;
        let mut garbage = BTreeSet::new();
        keys.until("DONE", |line| match line.word() {
            "KEY" => owner = line.text("pid").and_then(|pid| pid.parse().ok()),
            _ => garbage.extend(self.own_path(line)),
        });
        assert!(keys.wait().success());
        (owner, garbage)
    }

    fn own_path(&self, line: &Line) -> Option<PathBuf> {
        let path = PathBuf::from(line.text("path")?);
        let segment = format!("/dev/shm/cuframes-{}", self.key);
        let ours = path.starts_with(&self.dir) || path.to_str()?.starts_with(&segment);
        ours.then_some(path)
    }

    /// The socket of the key.
    pub fn socket(&self) -> PathBuf {
        self.dir.join(format!("{}.sock", self.key))
    }

    /// The segment of the key.
    pub fn segment(&self) -> PathBuf {
        Path::new("/dev/shm").join(format!("cuframes-{}", self.key))
    }
}

impl Default for Scene {
    fn default() -> Self {
        Scene::new()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let left = self.files();
        // Nothing more can be done for it here.
        let _ = fs::remove_dir_all(&self.dir);
        for segment in self.segments() {
            let _ = fs::remove_file(segment);
        }
        if !std::thread::panicking() {
            assert_eq!(left, BTreeSet::new(), "left behind");
        }
    }
}
