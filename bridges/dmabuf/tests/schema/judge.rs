//! The schema's word, by an implementation of JSON Schema.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// A message, and what it is said to be; the empty name is any.
#[derive(Debug)]
pub struct Question {
    pub name: &'static str,
    pub message: Value,
}

impl Question {
    pub fn new(name: &'static str, message: &Value) -> Question {
        let message = message.clone();
        Question { name, message }
    }
}

/// What is wrong with each message.
pub fn judge(questions: &[Question]) -> Vec<Vec<String>> {
    let root = env!("CARGO_MANIFEST_DIR");
    // Debian's own, which has its package python3-jsonschema.
    let mut child = Command::new("/usr/bin/python3")
        .arg(format!("{root}/tests/schema/validate.py"))
        .arg(format!("{root}/schema/lending.schema.json"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let lines: String = questions
        .iter()
        .map(|asked| json!({"as": asked.name, "message": asked.message}).to_string() + "\n")
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("an end");
    writer.join().expect("the writer").expect("it reads all");
    assert!(output.status.success(), "python3 with jsonschema");
    let text = String::from_utf8(output.stdout).expect("text");
    let verdicts = text.lines().map(serde_json::from_str);
    verdicts.collect::<Result<_, _>>().expect("lists of texts")
}
