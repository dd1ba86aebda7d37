//! However the program or the one that started it ends.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use vizion::PixelFormat;
use vizion_pipeline_events::Event;

use crate::camera::Camera;
use crate::process::Process;
use crate::receivers::probe;
use crate::support::{failure, program, until};

#[test]
fn a_program_that_is_killed_is_told() {
    let camera = Camera::start(PixelFormat::Nv12);
    let pipeline = camera.running("fakesink");
    let pid = pid_of(&camera.key);
    kill_process(pid, Signal::KILL).expect("it runs");
    let why = failure(&pipeline);
    assert!(why.contains("signal: 9"), "{why}");
    // The key goes on.
    let before = camera.published();
    until("further frames", || camera.published() > before + 10);
}

/// The process whose command line names the key.
fn pid_of(key: &str) -> Pid {
    let argument = format!("--key={key}");
    let is_it = |folder: &Path| {
        let line = std::fs::read(folder.join("cmdline")).unwrap_or_default();
        line.split(|&byte| byte == 0)
            .any(|one| one == argument.as_bytes())
    };
    let processes = std::fs::read_dir("/proc").expect("processes");
    let found = processes.flatten().find(|entry| is_it(&entry.path()));
    let name = found.expect("the program runs").file_name();
    let number = name.to_str().and_then(|name| name.parse().ok());
    number.and_then(Pid::from_raw).expect("a number")
}

/// Starts the program as the child of a process that does nothing else, and says its number.
const PARENT: &str = "
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for line in child.stdout:
    if b'running' in line:
        break
print(child.pid, flush=True)
time.sleep(1000)
";

#[test]
fn a_parent_that_is_killed_leaves_no_program_and_a_whole_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("out.mp4");
    let file = file.to_str().expect("UTF-8");
    let camera = Camera::start(PixelFormat::Nv12);
    let text = format!("videoconvert ! x264enc ! mp4mux ! filesink location={file}");
    let command = camera.command(&[], &text);
    let mut parent = Command::new("python3")
        .args(["-c", PARENT])
        .arg(program())
        .args(command.get_args())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let mut line = String::new();
    let mut stdout = BufReader::new(parent.stdout.take().expect("a pipe"));
    stdout.read_line(&mut line).expect("a line");
    parent.kill().expect("it runs");
    parent.wait().expect("it ends");
    let pid: u32 = line.trim().parse().expect("a number");
    until("the program's end", || is_gone(pid));
    let (codec, _, _, frames) = probe(&[], file);
    assert_eq!(codec, "h264");
    assert!(frames > 0);
}

/// Whoever adopts an orphan may take its time to bury it.
fn is_gone(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
    state.is_empty() || state.starts_with('Z')
}

#[test]
fn signals_end_it_as_the_end_of_its_input_does() {
    let camera = Camera::start(PixelFormat::Nv12);
    for signal in [Signal::TERM, Signal::INT] {
        let mut program = Process::start(&mut camera.command(&[], "fakesink"));
        assert_eq!(program.event(), Event::Running);
        let pid = Pid::from_child(&program.child);
        kill_process(pid, signal).expect("it runs");
        assert_eq!(program.event(), Event::Ended, "{signal:?}");
        assert!(program.child.wait().expect("it ends").success());
    }
}

#[test]
fn what_an_element_prints_for_those_who_may_not_use_all_is_not_seen() {
    let camera = Camera::start(PixelFormat::Nv12);
    let text = "identity eos-after=2 ! fakesink dump=true";
    let mut command = camera.command(&["--allow", "identity,fakesink"], text);
    let mut program = Process::start(command.stderr(Stdio::piped()));
    let mut stderr = program.child.stderr.take().expect("a pipe");
    let mut printed = String::new();
    stderr.read_to_string(&mut printed).expect("text");
    assert_eq!(printed, "");
    let (frames, _) = program.totals();
    assert!(frames >= 2, "{frames} frames");
}

#[test]
fn what_an_element_prints_is_no_event() {
    let camera = Camera::start(PixelFormat::Nv12);
    let mut command = camera.command(&[], "identity eos-after=2 ! fakesink dump=true");
    command.stderr(Stdio::piped());
    let mut program = Process::start(&mut command);
    let mut stderr = BufReader::new(program.child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    while !line.contains("00000010") {
        line.clear();
        assert_ne!(
            stderr.read_line(&mut line).expect("text"),
            0,
            "it prints nothing"
        );
    }
    std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    let told = program.event();
    let last = match told {
        Event::Running => program.event(),
        other => other,
    };
    assert_eq!(last, Event::Ended);
}
