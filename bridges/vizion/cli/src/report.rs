//! How answers are told to people.

use program::output::table;
use serde_json::{Map, Value};

/// What an answer has beside `status` and `message`: a line for each member, and a table for each
/// list of objects.
pub fn members(answer: &Map<String, Value>) -> String {
    let told = told(answer);
    let width = told.iter().map(|(name, _)| name.chars().count()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    for (name, value) in told {
        text += &match value {
            Value::Array(rows) if rows.iter().any(Value::is_object) => table_of(rows),
            value => {
                format!("{name:width$}  {}", cell(value))
                    .trim_end()
                    .to_owned()
                    + "\n"
            }
        };
    }
    text
}

/// The same in one line.
pub fn one_line(answer: &Map<String, Value>) -> String {
    let told = told(answer).into_iter();
    let parts = told.map(|(name, value)| format!("{name}: {}", cell(value)));
    parts.collect::<Vec<_>>().join(", ")
}

/// The members that are told, under names as people write them.
fn told(answer: &Map<String, Value>) -> Vec<(String, &Value)> {
    let rest = answer
        .iter()
        .filter(|(name, _)| !["status", "message"].contains(&name.as_str()));
    rest.map(|(name, value)| (plain(&name.replace('_', " ")), value))
        .collect()
}

/// Objects as rows below the names of their members.
fn table_of(rows: &[Value]) -> String {
    let objects = || rows.iter().filter_map(Value::as_object);
    let mut names: Vec<&String> = Vec::new();
    for name in objects().flat_map(Map::keys) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let headings: Vec<String> = names
        .iter()
        .map(|name| plain(&name.to_uppercase()))
        .collect();
    let row = |object: &Map<String, Value>| {
        let values = names.iter().map(|&name| object.get(name));
        values
            .map(|value| value.map(cell).unwrap_or_default())
            .collect()
    };
    let rows: Vec<Vec<String>> = objects().map(row).collect();
    table(&headings, &rows)
}

/// A value as people read it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => plain(text),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(","),
        other => plain(&other.to_string()),
    }
}

/// Text of the daemon's without what would control a terminal.
pub fn plain(text: &str) -> String {
    let characters = text.chars().map(|one| match one {
        '\n' | '\t' => " ".to_owned(),
        one if one.is_control() => one.escape_default().to_string(),
        one => one.to_string(),
    });
    characters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(answer: &Value) -> String {
        members(answer.as_object().expect("an object"))
    }

    #[test]
    fn members_have_lines() {
        let status = json!({ "status": "success", "message": "m", "streaming": true,
            "pipeline": "", "pipeline_error": "no\u{1b}[31m such\nelement", "list": ["a", "b"] });
        let wanted = "streaming       yes\n\
                      pipeline\n\
                      pipeline error  no\\u{1b}[31m such element\n\
                      list            a,b\n";
        assert_eq!(told(&status), wanted);
        let status = status.as_object().expect("an object");
        assert!(one_line(status).starts_with("streaming: yes, pipeline: , "));
    }

    #[test]
    fn lists_of_objects_are_tables() {
        let controls = json!({ "status": "success", "controls": [
            { "name": "gain", "min": 0, "max": 100, "flags": [] },
            { "name": "exposure", "min": 1, "max": 10000, "flags": ["inactive"] },
        ] });
        let wanted = "NAME      MIN  MAX    FLAGS\n\
                      gain      0    100\n\
                      exposure  1    10000  inactive\n";
        assert_eq!(told(&controls), wanted);
    }
}
