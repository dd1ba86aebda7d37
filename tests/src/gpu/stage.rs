//! A scene with a GPU: the simulated one of this test, or the real one of this machine.

use std::process::Command;

use crate::peer::Peer;
use crate::scene::Scene;

use super::machine::Machine;

/// Where frames live, and what tells that they are complete.
pub type Pair = (&'static str, &'static str);

/// Every pair that there is.
pub const PAIRS: [Pair; 6] = [
    ("cuda_ipc", "cpu"),
    ("cuda_ipc", "event"),
    ("cuda_ipc", "timeline"),
    ("cuda_vmm", "cpu"),
    ("cuda_vmm", "event"),
    ("cuda_vmm", "timeline"),
];

/// A key, a run directory and a GPU.
#[derive(Debug)]
pub struct Stage {
    /// Key and run directory.
    pub scene: Scene,
    /// The simulated machine; without one the GPU is real.
    pub machine: Option<Machine>,
    pair: [String; 2],
}

impl Stage {
    /// On a simulated machine of its own, whose streams are up to `delay_us` late.
    pub fn simulated((memory, sync): Pair, delay_us: u64, seed: u64) -> Self {
        let scene = Scene::new();
        let machine = Machine::new(&scene.key, delay_us, seed);
        Stage {
            scene,
            machine: Some(machine),
            pair: [format!("memory={memory}"), format!("sync={sync}")],
        }
    }

    /// On whatever GPU the driver of this process has.
    pub fn real((memory, sync): Pair) -> Self {
        Stage {
            scene: Scene::new(),
            machine: None,
            pair: [format!("memory={memory}"), format!("sync={sync}")],
        }
    }

    /// Starts a publisher and waits until it is there.
    pub fn publisher(&self, options: &[&str]) -> Peer {
        let publisher = self.start("publish", options, &[]);
        publisher.expect("READY");
        publisher
    }

    /// Starts a subscriber and waits until it has joined.
    pub fn subscriber(&self, options: &[&str]) -> Peer {
        let subscriber = self.start("subscribe", options, &[]);
        subscriber.expect("READY");
        subscriber
    }

    /// Starts a helper; `settings` are for its driver only.
    pub fn start(&self, role: &str, options: &[&str], settings: &[(&str, &str)]) -> Peer {
        let mut command = Command::new(Peer::program_named("gpu_peer"));
        command.arg(role).arg(&self.scene.key).args(options);
        if role == "publish" {
            command.args(&self.pair);
        }
        command.env("CUFRAMES_RUNTIME_DIR", &self.scene.dir);
        if let Some(machine) = &self.machine {
            command.envs(machine.environment().iter().cloned());
        }
        command.envs(settings.iter().copied());
        let [memory, sync] = &self.pair;
        let what = format!("{role} {} {memory} {sync} {settings:?}", options.join(" "));
        Peer::spawn(command, what)
    }

    /// # Panics
    /// If somebody who ended normally has left something on the simulated machine.
    pub fn assert_balanced(&self) {
        self.machine.iter().for_each(Machine::assert_balanced);
    }
}
