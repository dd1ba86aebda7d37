//! The commands that README.md and docs/zerobuffer-cli.md begin with work as they stand there.

use std::path::Path;

use crate::support::{Buffer, Running, assert_code, text};

/// The lines of a document that call the program; `true` for those in the background.
fn commands(document: &str) -> Vec<(String, bool)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let text = std::fs::read_to_string(root.join(document)).expect("the document");
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("zerobuffer "));
    let lines = lines.map(|line| line.split('#').next().unwrap_or_default().trim());
    let parsed = lines.map(|line| match line.strip_suffix('&') {
        Some(line) => (line.to_owned(), true),
        None => (line.to_owned(), false),
    });
    parsed.collect()
}

#[test]
fn the_documents_say_what_works() {
    for (document, wanted) in [("README.md", 3), ("docs/zerobuffer-cli.md", 2)] {
        let commands = commands(document);
        assert_eq!(commands.len(), wanted, "{document}: {commands:?}");
        let buffer = Buffer::new();
        let mut background: Vec<Running> = Vec::new();
        for (line, in_background) in commands {
            let line = line.replace(" video", " NAME");
            match in_background {
                true => background.push(buffer.start(&line)),
                false => drop(assert_code(&buffer.run(&line), 0)),
            }
        }
        assert_eq!(background.len(), 1, "{document}");
        for running in background {
            let output = running.output();
            assert_code(&output, 0);
            assert!(text(&output.stdout).contains("1000"), "{document}");
        }
        buffer.assert_nothing_left();
    }
}
