//! What C and C++ programs get: headers that compile alone, the symbols that are promised, and
//! programs that run under valgrind without an error or a leak.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];
const WATCHDOG: [&str; 2] = ["--kill-after=5", "60"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The shared library that cargo built with this test, in the same folder.
fn library() -> PathBuf {
    let program = std::env::current_exe().expect("the path of this test");
    let library = program.with_file_name("libcuframes.so");
    assert!(library.exists(), "{} was not built", library.display());
    library
}

fn run(command: &mut Command) -> Output {
    let output = command.output().expect("the command starts");
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// An installation under a prefix of its own, made by the script that packagers use.
struct Installed {
    prefix: tempfile::TempDir,
}

impl Installed {
    fn new() -> Self {
        let prefix = tempfile::tempdir().expect("a directory");
        let library = library();
        run(Command::new(root().join("packaging/install.sh"))
            .arg(prefix.path())
            .arg(library.parent().expect("target/debug/deps")));
        Installed { prefix }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.prefix.path().join(name)
    }

    /// Compiles `source` against the installation, as its pkg-config file says.
    fn compile(&self, compiler: &str, standard: &str, source: &Path, name: &str) -> PathBuf {
        let flags = run(Command::new("pkg-config")
            .args(["--cflags", "--libs", "cuframes"])
            .env("PKG_CONFIG_PATH", self.path("lib/pkgconfig")));
        let flags = String::from_utf8(flags.stdout).expect("flags");
        let program = self.path(name);
        run(Command::new(compiler)
            .args(STRICT)
            .args([standard, "-g", "-O1"])
            .arg(source)
            .arg("-o")
            .arg(&program)
            .args(flags.split_whitespace())
            .arg(format!("-Wl,-rpath,{}", self.path("lib").display())));
        program
    }

    /// `program` under valgrind, which fails on an error or a leak, and under a watchdog.
    fn checked(&self, program: &Path) -> Command {
        let mut command = Command::new("timeout");
        command
            .args(WATCHDOG)
            .args(["valgrind", "--quiet", "--error-exitcode=99"])
            .args([
                "--leak-check=full",
                "--errors-for-leak-kinds=definite,indirect",
            ])
            .arg(program)
            .env("CUFRAMES_RUNTIME_DIR", self.prefix.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

fn key(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn each_header_compiles_alone_in_both_languages_and_compilers() {
    let include = root().join("include");
    let mut compiled = 0;
    for (compilers, standard, language, headers) in [
        (["gcc", "clang"], "-std=c99", "c", &["cuframes.h"][..]),
        (
            ["g++", "clang++"],
            "-std=c++17",
            "c++",
            &[
                "cuframes.h",
                "cuframes.hpp",
                "frame.hpp",
                "publisher.hpp",
                "subscriber.hpp",
            ],
        ),
    ] {
        for compiler in compilers {
            for header in headers {
                run(Command::new(compiler)
                    .args(STRICT)
                    .args([standard, "-fsyntax-only", "-x", language, "-include"])
                    .arg(format!("cuframes/{header}"))
                    .arg("-I")
                    .arg(&include)
                    .arg("/dev/null"));
                compiled += 1;
            }
        }
    }
    assert_eq!(compiled, 2 + 10);
}

#[test]
fn exported_symbols_are_those_that_are_promised() {
    let listed = run(Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(library()));
    let listed = text(&listed.stdout);
    let symbols = listed
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2));
    let mut exported: Vec<_> = symbols
        .map(|name| name.split('@').next().unwrap_or(name))
        .collect();
    exported.sort_unstable();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("symbols.txt");
    if std::env::var_os("CUFRAMES_BLESS").is_some() {
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
    assert!(promised.iter().all(|name| name.starts_with("cuframes_")));
}

#[test]
fn every_promised_symbol_is_in_the_header() {
    let header = std::fs::read_to_string(root().join("include/cuframes/cuframes.h"));
    let header = header.expect("cuframes.h");
    let promised = include_str!("../symbols.txt");
    assert!(promised.lines().count() > 50);
    for name in promised.lines() {
        assert!(
            header.contains(&format!("{name}(")),
            "{name} is not declared"
        );
    }
}

#[test]
fn soname_is_the_major_version_alone() {
    let dynamic = run(Command::new("readelf").arg("-d").arg(library()));
    let dynamic = text(&dynamic.stdout);
    let soname = dynamic.lines().find(|line| line.contains("SONAME"));
    assert!(
        soname.is_some_and(|line| line.contains("[libcuframes.so.0]")),
        "{dynamic}"
    );
}

#[test]
fn c_publisher_and_c_subscriber_without_errors_or_leaks() {
    const FRAMES: usize = 30;
    let installed = Installed::new();
    let examples = root().join("examples");
    let publish = installed.compile("gcc", "-std=c99", &examples.join("publish.c"), "publish");
    let subscribe = installed.compile(
        "gcc",
        "-std=c99",
        &examples.join("subscribe.c"),
        "subscribe",
    );
    let brightness = installed.compile(
        "g++",
        "-std=c++17",
        &examples.join("subscribe.cpp"),
        "brightness",
    );
    let (key, raw) = (key("c"), installed.path("frames.raw"));

    let publisher = installed
        .checked(&publish)
        .args([&key, &FRAMES.to_string(), "2"])
        .spawn()
        .expect("the publisher starts");
    let c = installed
        .checked(&subscribe)
        .arg(&key)
        .arg(&raw)
        .spawn()
        .expect("it starts");
    let cpp = installed
        .checked(&brightness)
        .arg(&key)
        .spawn()
        .expect("it starts");
    let [publisher, c, cpp] =
        [publisher, c, cpp].map(|child| child.wait_with_output().expect("it ends"));

    for (name, output) in [("publisher", &publisher), ("C", &c), ("C++", &cpp)] {
        assert!(
            output.status.success(),
            "{name}: {}\n{}",
            output.status,
            text(&output.stderr)
        );
    }
    assert!(
        text(&c.stdout).starts_with(&format!("{FRAMES} frames, 0 missed")),
        "{c:?}"
    );
    assert_eq!(text(&cpp.stdout).lines().count(), FRAMES);
    let pixels = std::fs::read(raw).expect("the frames");
    assert_eq!(pixels.len(), FRAMES * 640 * 480 * 3 / 2);
    for (number, frame) in pixels.chunks_exact(640 * 480 * 3 / 2).enumerate() {
        assert_eq!(
            frame[0],
            (2 * number % 256) as u8,
            "first pixel of frame {number}"
        );
        assert!(
            frame[640 * 480..].iter().all(|&chroma| chroma == 128),
            "chroma of {number}"
        );
    }
}

#[test]
fn misuse_in_c_is_an_error_each_time() {
    let installed = Installed::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/misuse.c");
    let program = installed.compile("gcc", "-std=c99", &source, "misuse");
    let output = run(installed.checked(&program).arg(key("misuse")));
    assert!(text(&output.stdout).ends_with(" checks\n"), "{output:?}");
}

#[test]
fn the_header_keeps_what_it_promises() {
    let installed = Installed::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/contract.c");
    let program = installed.compile("gcc", "-std=c99", &source, "contract");
    let output = run(installed.checked(&program).arg(key("contract")));
    assert_eq!(text(&output.stdout), "58 checks\n");
}

#[test]
fn other_threads_and_eviction_are_as_the_header_says() {
    let installed = Installed::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/threads.c");
    let program = installed.compile("gcc", "-std=c99", &source, "threads");
    let output = run(installed.checked(&program).arg(key("threads")));
    assert_eq!(text(&output.stdout), "40 checks\n");
}

#[test]
fn packets_are_as_the_header_says() {
    let installed = Installed::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/packets.c");
    let program = installed.compile("gcc", "-std=c99", &source, "packets");
    let output = run(installed.checked(&program).arg(key("packets")));
    assert_eq!(text(&output.stdout), "81 checks\n");
}

#[test]
fn packets_in_cpp() {
    let installed = Installed::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/packets.cpp");
    let program = installed.compile("g++", "-std=c++17", &source, "packets");
    let output = run(installed.checked(&program).arg(key("cpp")));
    assert_eq!(text(&output.stdout), "2 packets, 1 loss\n");
}

#[test]
fn a_callback_that_throws_ends_its_subscription_only() {
    let installed = Installed::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/throwing.cpp");
    let program = installed.compile("g++", "-std=c++17", &source, "throwing");
    let output = run(installed.checked(&program).arg(key("throwing")));
    assert_eq!(text(&output.stdout), "1 frame, 1 error\n");
}

#[test]
fn callbacks_may_throw_and_destroy_in_cpp_and_end_the_program_in_c() {
    use std::os::unix::process::ExitStatusExt;

    let installed = Installed::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/callbacks.cpp");
    let program = installed.compile("g++", "-std=c++17", &source, "callbacks");
    let output = run(installed.checked(&program).arg(key("callbacks")));
    assert_eq!(text(&output.stdout), "all kept\n");

    // Without the C++ header in between: a defined end, as cuframes.h says.
    let output = Command::new(&program)
        .args([&key("raw"), "raw"])
        .env("CUFRAMES_RUNTIME_DIR", installed.prefix.path())
        .output()
        .expect("the program starts");
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{output:?}");
    assert!(
        text(&output.stderr).contains("foreign exception"),
        "{output:?}"
    );
}

#[test]
fn cmake_finds_the_package() {
    let installed = Installed::new();
    let project = installed.path("project");
    std::fs::create_dir(&project).expect("a folder");
    let source = root().join("examples/subscribe.c");
    let lists = format!(
        "cmake_minimum_required(VERSION 3.18)\nproject(probe C)\n\
         find_package(cuframes 0.1 REQUIRED)\nadd_executable(probe {})\n\
         target_link_libraries(probe PRIVATE cuframes::cuframes)\n",
        source.display()
    );
    std::fs::write(project.join("CMakeLists.txt"), lists).expect("CMakeLists.txt");
    let build = project.join("build");
    run(Command::new("cmake")
        .arg("-S")
        .arg(&project)
        .arg("-B")
        .arg(&build)
        .arg(format!(
            "-DCMAKE_PREFIX_PATH={}",
            installed.prefix.path().display()
        )));
    run(Command::new("cmake").arg("--build").arg(&build));
    let missing = Command::new(build.join("probe"))
        .arg("a key.that.cannot be")
        .env("CUFRAMES_RUNTIME_DIR", installed.prefix.path())
        .output()
        .expect("the program starts");
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        text(&missing.stderr).starts_with("subscribe: "),
        "{missing:?}"
    );
}
