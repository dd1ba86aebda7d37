//! The committed header is what cbindgen makes of the C API now. `ZEROBUFFER_BLESS=1` writes it.

use std::path::Path;

/// In the order in which their items appear in the header.
const SOURCES: [&str; 10] = [
    "error",
    "version",
    "config",
    "frame",
    "reader",
    "writer",
    "duplex_client",
    "handler",
    "duplex_server",
    "inspect",
];

fn crate_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn generate() -> String {
    let config = cbindgen::Config::from_file(crate_dir().join("cbindgen.toml")).expect("config");
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(crate_dir().join(format!("src/capi/{source}.rs")));
    }
    let mut header = Vec::new();
    builder.generate().expect("bindings").write(&mut header);
    compact(&String::from_utf8(header).expect("UTF-8"))
}

/// Puts comments of one line on one line.
fn compact(header: &str) -> String {
    let lines: Vec<&str> = header.trim_start().lines().collect();
    let mut compact = String::new();
    let mut rest = lines.as_slice();
    while let [line, after @ ..] = rest {
        match rest {
            [open, text, close, after @ ..] if open.trim() == "/**" && close.trim() == "*/" => {
                let indent = &open[..open.len() - "/**".len()];
                let text = text.trim_start().trim_start_matches("* ");
                compact += &format!("{indent}/** {text} */\n");
                rest = after;
            }
            _ => {
                // What stands behind #endif, in the older form of a comment.
                match line.split_once("// ") {
                    Some((code, comment)) => {
                        compact += &format!("{} /* {comment} */\n", code.trim_end());
                    }
                    None => compact += &format!("{line}\n"),
                }
                rest = after;
            }
        }
    }
    compact
}

#[test]
fn the_header_is_up_to_date() {
    let path = crate_dir().join("include/zerobuffer/zerobuffer.h");
    let fresh = generate();
    if std::env::var_os("ZEROBUFFER_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("folder")).expect("make the folder");
        std::fs::write(&path, &fresh).expect("write the header");
    }
    let committed = std::fs::read_to_string(&path).expect("read the header");
    assert!(
        committed == fresh,
        "{} is not what cbindgen makes of src/capi; run the test with ZEROBUFFER_BLESS=1 and look at the difference",
        path.display()
    );
}
