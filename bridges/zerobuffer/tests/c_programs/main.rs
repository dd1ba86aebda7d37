//! What C and C++ programs get: headers that compile alone, the symbols that are promised, and
//! programs that run under valgrind without an error or a leak.

mod program;

use std::path::PathBuf;
use std::process::Command;

use program::{Program, STRICT, assert_success, library, package, run, text};
use zerobuffer_peer::{PATIENCE, Process, Tidy, await_reader, leftovers, md5, unique};

#[test]
fn each_header_compiles_alone_in_both_languages_and_compilers() {
    let mut compiled = 0;
    let parts = [
        "zerobuffer",
        "errors",
        "frame",
        "channel",
        "handlers",
        "duplex",
    ];
    let parts: Vec<_> = parts.iter().map(|part| format!("{part}.hpp")).collect();
    for (compilers, standards, language) in [
        (["gcc", "clang"], &["-std=c99", "-std=c11"][..], "c"),
        (["g++", "clang++"], &["-std=c++17", "-std=c++20"][..], "c++"),
    ] {
        for (compiler, standard) in compilers
            .iter()
            .flat_map(|c| standards.iter().map(move |s| (c, s)))
        {
            let more = parts.iter().filter(|_| *standard == "-std=c++20");
            for header in std::iter::once(&"zerobuffer.h".to_owned()).chain(more) {
                run(Command::new(compiler)
                    .args(STRICT)
                    .args([standard, "-fsyntax-only", "-x", language, "-include"])
                    .arg(format!("zerobuffer/{header}"))
                    .arg("-I")
                    .arg(package().join("include"))
                    .arg("/dev/null"));
                compiled += 1;
            }
        }
    }
    assert_eq!(compiled, 8 + 2 * 6);
}

#[test]
fn exported_symbols_are_those_that_are_promised_and_declared() {
    let listed = run(Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(library()));
    let symbols = listed
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2));
    let mut exported: Vec<_> = symbols
        .map(|name| name.split('@').next().unwrap_or(name))
        .collect();
    exported.sort_unstable();
    let golden = package().join("symbols.txt");
    if std::env::var_os("ZEROBUFFER_BLESS").is_some() {
        std::fs::write(&golden, exported.join("\n") + "\n").expect("symbols.txt");
    }
    let promised = std::fs::read_to_string(golden).expect("symbols.txt");
    let promised: Vec<_> = promised.lines().collect();
    assert!(
        promised.len() > 50,
        "{} symbols are promised",
        promised.len()
    );
    assert_eq!(exported, promised);
    let header = std::fs::read_to_string(package().join("include/zerobuffer/zerobuffer.h"));
    let header = header.expect("zerobuffer.h");
    for name in promised {
        assert!(
            header.contains(&format!("{name}(")),
            "{name} is not declared"
        );
    }
}

#[test]
fn soname_is_the_version_of_the_interface_alone() {
    let dynamic = run(Command::new("readelf").arg("-d").arg(library()));
    let soname = dynamic.lines().find(|line| line.contains("SONAME"));
    assert!(
        soname.is_some_and(|line| line.contains("[libzerobuffer.so.1]")),
        "{dynamic}"
    );
}

#[test]
fn misuse_in_c_is_an_error_each_time() {
    let name = unique("c-misuse");
    let said = Program::of("misuse.c").run(&[&name], &[&name]);
    assert_eq!(said, "73 checks\n");
}

#[test]
fn the_header_keeps_what_it_promises() {
    let name = unique("c-contract");
    let said = Program::of("contract.c").run(&[&name], &[&name]);
    assert_eq!(said, "contract kept\n");
}

#[test]
fn duplex_channels_in_c() {
    let name = unique("c-duplex");
    let buffers = [format!("{name}_request"), format!("{name}_response")];
    let said = Program::of("duplex.c").run(&[&name], &[&buffers[0], &buffers[1]]);
    assert_eq!(said, "51 checks\n");
}

#[test]
fn duplex_channels_in_cpp() {
    let name = unique("cpp-duplex");
    let buffers = [format!("{name}_request"), format!("{name}_response")];
    let said = Program::of("duplex.cpp").run(&[&name], &[&buffers[0], &buffers[1]]);
    assert_eq!(said, "requests answered\n");
}

#[test]
fn cpp_throws_what_the_documentation_names() {
    let name = unique("cpp-contract");
    let said = Program::of("channel.cpp").run(&["contract", &name], &[&name]);
    assert_eq!(said, "contract kept\n");
}

#[test]
fn a_cpp_producer_and_a_cpp_consumer() {
    const FRAMES: usize = 3000;
    let name = unique("cpp-pair");
    let _tidy = Tidy::new(&name);
    let program = Program::of("channel.cpp");
    let (frames, size) = (FRAMES.to_string(), "1005");
    let reader = program
        .checked()
        .args(["read", &name, &frames, size])
        .spawn();
    let reader = reader.expect("it starts");
    await_reader(&name, PATIENCE);
    let said = run(program.checked().args(["write", &name, &frames, size]));
    assert_eq!(said, format!("{FRAMES} frames\n"));
    let output = reader.wait_with_output().expect("it ends");
    assert_success(&output, "reader");
    assert_eq!(
        text(&output.stdout),
        format!("created\n{FRAMES} frames, 0 wrong\n")
    );
    assert_eq!(leftovers(&name), [""; 0].map(PathBuf::from));
}

/// Frame after frame of the peer's pattern.
fn pattern(frames: usize, size: usize) -> Vec<u8> {
    let frame = |k: usize| (0..size).map(move |i| ((k + i) % 256) as u8);
    (0..frames).flat_map(frame).collect()
}

#[test]
fn a_cpp_producer_is_read_by_the_peer() {
    const FRAMES: usize = 2500;
    let name = unique("cpp-to-peer");
    let _tidy = Tidy::new(&name);
    let program = Program::of("channel.cpp");
    let mut reader = Process::script("reader.py", &[&name, "4096", "1048576"]);
    reader.expect("created");
    let writer = program
        .checked()
        .args(["write", &name, &FRAMES.to_string(), "1005"])
        .spawn();
    let answer = reader.ask(&format!("frames {FRAMES} 30"));
    let output = writer
        .expect("it starts")
        .wait_with_output()
        .expect("it ends");
    assert_success(&output, "writer");
    assert_eq!(text(&output.stdout), format!("{FRAMES} frames\n"));
    assert_eq!(
        answer,
        format!("{FRAMES} {} 1 {FRAMES}", md5(&pattern(FRAMES, 1005)))
    );
}

#[test]
fn a_cpp_consumer_reads_the_peer() {
    const FRAMES: usize = 2500;
    let name = unique("cpp-from-peer");
    let _tidy = Tidy::new(&name);
    let program = Program::of("channel.cpp");
    let reader = program
        .checked()
        .args(["read", &name, &FRAMES.to_string(), "1008"])
        .spawn();
    let reader = reader.expect("it starts");
    await_reader(&name, PATIENCE);
    let mut writer = Process::script("writer.py", &[&name]);
    writer.expect("connected");
    let answer = writer.ask(&format!("frames {FRAMES} 1008 sequential"));
    assert_eq!(answer, format!("{FRAMES} {}", md5(&pattern(FRAMES, 1008))));
    assert_eq!(writer.ask("close"), "closed");
    let output = reader.wait_with_output().expect("it ends");
    assert_success(&output, "reader");
    assert_eq!(
        text(&output.stdout),
        format!("created\n{FRAMES} frames, 0 wrong\n")
    );
}
