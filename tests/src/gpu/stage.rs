//! A scene with a GPU: the simulated one of this test, or the real one of this machine.

use std::process::Command;
use std::sync::OnceLock;

use cuframes::cuda::{Report, probe};
use cuframes::wire::{MemoryKind, SyncKind};

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
    /// Where the simulated driver is: a machine of its own, whose streams are up to `delay_us`
    /// late. Else the real GPU, which is as late as it is; a pair that it cannot do is named as
    /// skipped, and there is no stage.
    pub fn new(pair: Pair, delay_us: u64, seed: u64) -> Option<Self> {
        if Machine::is_simulated() {
            return Some(Stage::on_a_machine(pair, delay_us, seed));
        }
        works(pair).then(|| Stage::of(pair, Scene::new(), None))
    }

    /// One for each pair that there is here, made when its turn comes.
    pub fn each(delay_us: u64, seed: u64) -> impl Iterator<Item = (Pair, Self)> {
        let stage = move |pair| Some((pair, Stage::new(pair, delay_us, seed)?));
        PAIRS.into_iter().filter_map(stage)
    }

    /// On a simulated machine, for what no real GPU can be told to do. Elsewhere `what` is named
    /// as skipped.
    pub fn simulated(what: &str, pair: Pair, delay_us: u64, seed: u64) -> Option<Self> {
        if !Machine::is_simulated() {
            println!("skipped: {what}: it needs the simulated driver");
            return None;
        }
        Some(Stage::on_a_machine(pair, delay_us, seed))
    }

    fn on_a_machine(pair: Pair, delay_us: u64, seed: u64) -> Self {
        let scene = Scene::new();
        let machine = Machine::new(&scene.key, delay_us, seed);
        Stage::of(pair, scene, Some(machine))
    }

    fn of((memory, sync): Pair, scene: Scene, machine: Option<Machine>) -> Self {
        Stage {
            scene,
            machine,
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

/// Says what was done with a pair, for the report of a machine with a GPU.
pub fn tell((memory, sync): Pair, what: &str) {
    println!("COUNT {memory} + {sync}: {what}");
}

/// Whether the GPU can do a pair. What a real one cannot is named, with the reason; the simulated
/// one can do all.
pub fn works((memory, sync): Pair) -> bool {
    if Machine::is_simulated() {
        return true;
    }
    static REPORT: OnceLock<Report> = OnceLock::new();
    let report = REPORT.get_or_init(probe);
    let memory_kind = match memory {
        "cuda_ipc" => MemoryKind::CudaIpc,
        _ => MemoryKind::CudaVmm,
    };
    let sync_kind = match sync {
        "cpu" => SyncKind::Cpu,
        "event" => SyncKind::CudaEvent,
        _ => SyncKind::CudaTimeline,
    };
    let outcome = report.outcome(memory_kind, sync_kind);
    let outcome = outcome.expect("the probe tries every pair");
    if let Some(reason) = outcome.reason() {
        println!("skipped: {memory} + {sync}: {}", reason.what());
    }
    outcome.works()
}
