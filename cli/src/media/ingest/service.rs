//! What the service manager is told, if one started us: that we are ready, that we stop, how
//! it goes, and that no camera hangs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use program::signals::Signals;
use sd_notify::NotifyState;

/// Stands for a camera that waits on purpose, or has ended.
const RESTS: u64 = u64::MAX;

/// The cameras, as the service manager sees them.
#[derive(Debug)]
pub struct Service {
    begin: Instant,
    cameras: Vec<Camera>,
    ready: AtomicBool,
}

#[derive(Debug)]
struct Camera {
    /// Milliseconds from the begin to its last sign of life.
    alive: AtomicU64,
    tried: AtomicBool,
    plays: AtomicBool,
}

/// Signs of life of one camera.
#[derive(Clone, Debug)]
pub struct Pulse {
    service: Arc<Service>,
    camera: usize,
}

impl Service {
    /// Looks after so many cameras until a signal comes.
    pub fn start(cameras: usize, signals: Signals) -> Arc<Service> {
        let camera = |_| Camera {
            alive: AtomicU64::new(RESTS),
            tried: AtomicBool::new(false),
            plays: AtomicBool::new(false),
        };
        let service = Arc::new(Service {
            begin: Instant::now(),
            cameras: (0..cameras).map(camera).collect(),
            ready: AtomicBool::new(false),
        });
        if std::env::var_os("NOTIFY_SOCKET").is_some() {
            let watched = Arc::clone(&service);
            thread::spawn(move || watched.watch(&signals));
        }
        service
    }

    /// The pulse of a camera.
    pub fn pulse(self: &Arc<Self>, camera: usize) -> Pulse {
        Pulse {
            service: Arc::clone(self),
            camera,
        }
    }

    /// It is over.
    pub fn stop(&self) {
        notify(&[NotifyState::Stopping]);
    }

    fn watch(&self, signals: &Signals) {
        let limit = sd_notify::watchdog_enabled();
        // Half of it is what systemd advises; a third leaves room for one that came late.
        let turn = limit.map_or(Duration::from_secs(3600), |limit| limit / 3);
        while signals.sleep_until(Instant::now() + turn).is_ok() {
            if limit.is_some_and(|limit| self.is_alive(limit)) {
                notify(&[NotifyState::Watchdog]);
            }
        }
        self.stop();
    }

    /// Whether each camera has given a sign of life within `limit`.
    fn is_alive(&self, limit: Duration) -> bool {
        let now = self.begin.elapsed();
        self.cameras.iter().all(|camera| {
            let alive = camera.alive.load(Ordering::Relaxed);
            alive == RESTS || now.saturating_sub(Duration::from_millis(alive)) < limit
        })
    }

    fn tell(&self) {
        let count = |state: fn(&Camera) -> &AtomicBool| {
            let cameras = self.cameras.iter();
            cameras
                .filter(|camera| state(camera).load(Ordering::Relaxed))
                .count()
        };
        let all = self.cameras.len();
        let status = format!("{} of {all} inputs play", count(|camera| &camera.plays));
        let mut states = vec![NotifyState::Status(&status)];
        let tried = count(|camera| &camera.tried) == all;
        if tried && !self.ready.swap(true, Ordering::Relaxed) {
            states.push(NotifyState::Ready);
        }
        notify(&states);
    }
}

impl Pulse {
    /// The camera is alive.
    pub fn beat(&self) {
        let since = self.service.begin.elapsed().as_millis();
        let since = u64::try_from(since).unwrap_or(RESTS - 1);
        self.camera().alive.store(since, Ordering::Relaxed);
    }

    /// It waits on purpose until it beats again.
    pub fn rest(&self) {
        self.camera().alive.store(RESTS, Ordering::Relaxed);
    }

    /// It was tried: it plays, or it does not.
    pub fn tell(&self, plays: bool) {
        let camera = self.camera();
        let known = camera.tried.swap(true, Ordering::Relaxed);
        if camera.plays.swap(plays, Ordering::Relaxed) != plays || !known {
            self.service.tell();
        }
    }

    fn camera(&self) -> &Camera {
        &self.service.cameras[self.camera]
    }
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!("the service manager was not told {states:?}: {error}");
    }
}
