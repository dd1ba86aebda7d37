//! The list in the documentation: it has every scenario, and names tests that there are.

use std::collections::BTreeSet;
use std::path::Path;

/// How many scenarios each feature file has, and those of its numbers that are not there.
const FILES: [(u32, u32, &[u32]); 14] = [
    (1, 7, &[]),
    (2, 4, &[]),
    (3, 3, &[]),
    (4, 12, &[]),
    (5, 7, &[4]),
    (6, 4, &[]),
    (7, 4, &[]),
    (8, 4, &[]),
    (9, 1, &[]),
    (10, 6, &[]),
    (11, 5, &[2]),
    (12, 4, &[]),
    (13, 10, &[]),
    (14, 6, &[]),
];

/// The lines of the table: number, what is asked for, what shows it.
fn rows() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/zerobuffer-scenarios.md");
    let text = std::fs::read_to_string(path).expect("the list");
    let lines = text.lines().filter(|line| line.starts_with("| "));
    lines
        .filter_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let is_numbered = cells[1].starts_with(|c: char| c.is_ascii_digit());
            is_numbered.then(|| (cells[1].to_owned(), cells[3].to_owned()))
        })
        .collect()
}

/// True if the package has that test, told as `file::function`.
fn is_there(test: &str) -> bool {
    let Some((file, function)) = test.rsplit_once("::") else {
        return false;
    };
    let file = format!("tests/{}.rs", file.replace("::", "/"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.contains(&format!("#[test]\nfn {function}()"))
}

#[test]
fn every_scenario_is_listed_and_sixty_have_a_test() {
    let rows = rows();
    let listed: BTreeSet<&str> = rows.iter().map(|row| row.0.as_str()).collect();
    let mut all = BTreeSet::new();
    for (file, last, without) in FILES {
        let numbers = (1..=last).filter(|number| !without.contains(number));
        all.extend(numbers.map(|number| format!("{file}.{number}")));
    }
    assert_eq!(all.len(), 75);
    assert_eq!(listed, all.iter().map(String::as_str).collect());
    assert_eq!(rows.len(), 75, "each once");
    let mut shown = 0;
    for (number, shows) in &rows {
        let tests: Vec<&str> = shows.split('`').skip(1).step_by(2).collect();
        for test in &tests {
            assert!(is_there(test), "{number}: no test {test}");
        }
        shown += u32::from(!tests.is_empty());
        assert!(!shows.is_empty(), "{number}: neither a test nor a reason");
    }
    assert!(shown >= 60, "{shown} have a test");
    assert!(!is_there("scenarios::basic::no_such_test"));
}
