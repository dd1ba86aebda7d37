//! The messages that are shown in the document.

use serde_json::Value;

/// What is between the fences for JSON.
pub fn examples() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lending.md");
    let text = std::fs::read_to_string(path).expect("the document");
    let blocks = text.split("```json\n").skip(1);
    let examples = blocks.map(|block| {
        let (example, _) = block.split_once("\n```").expect("an end of the block");
        serde_json::from_str(example).expect("JSON")
    });
    examples.collect()
}
