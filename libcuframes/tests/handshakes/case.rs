//! A handshake of the vectors: who says what in which order.

use serde_json::Value;

use crate::files::{bytes, text, vectors};

/// What is said, or the end of the connection.
#[derive(Clone, Debug)]
pub struct Step {
    pub by_publisher: bool,
    /// Name of the message; "close" for the end.
    pub name: String,
    /// Its struct in `layout.json`.
    pub kind: String,
    /// Header and payload.
    pub bytes: Vec<u8>,
    /// Descriptors that come with it, in their order.
    pub fds: Vec<String>,
    /// Fields that are another value in every run.
    pub varies: Vec<String>,
}

impl Step {
    fn new(value: &Value) -> Step {
        let by_publisher = match text(value, "from") {
            "publisher" => true,
            "subscriber" => false,
            other => panic!("nobody is called {other}"),
        };
        if let Some(event) = value["event"].as_str() {
            return Step::end(by_publisher, event);
        }
        let names = |field: &str| {
            let names = value[field].as_array().expect(field);
            let names = names.iter().map(|name| name.as_str().expect("a name"));
            names.map(str::to_owned).collect()
        };
        Step {
            by_publisher,
            name: text(value, "message").to_owned(),
            kind: text(value, "struct").to_owned(),
            bytes: bytes(text(value, "hex")),
            fds: names("fds"),
            varies: names("varies"),
        }
    }

    fn end(by_publisher: bool, event: &str) -> Step {
        assert_eq!(event, "close");
        Step {
            by_publisher,
            name: event.to_owned(),
            kind: String::new(),
            bytes: Vec::new(),
            fds: Vec::new(),
            varies: Vec::new(),
        }
    }

    /// True if this side ends the connection here.
    pub fn is_end(&self) -> bool {
        self.name == "close"
    }
}

/// A handshake.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    /// What must be so before, in words.
    pub setup: String,
    /// Lowest and highest version of the publisher.
    pub publisher: (u64, u64),
    pub steps: Vec<Step>,
    /// The version agreed, if the subscriber is live in the end.
    pub live: Option<u64>,
    /// Name of the code with which it ends, if it does not end in order.
    pub error: Option<String>,
}

impl Case {
    /// All of them.
    pub fn all() -> Vec<Case> {
        vectors("handshakes.json").iter().map(Case::new).collect()
    }

    fn new(value: &Value) -> Case {
        let outcome = &value["outcome"];
        let is_live = match text(outcome, "state") {
            "LIVE" => true,
            "GONE" => false,
            other => panic!("{other} is no outcome"),
        };
        let version = |value: &Value| value.as_u64().expect("a version");
        let publisher = &value["publisher"];
        let steps = value["steps"].as_array().expect("steps");
        Case {
            name: text(value, "name").to_owned(),
            setup: text(value, "setup").to_owned(),
            publisher: (
                version(&publisher["lowest"]),
                version(&publisher["highest"]),
            ),
            steps: steps.iter().map(Step::new).collect(),
            live: is_live.then(|| version(&outcome["proto_version"])),
            error: outcome["error"].as_str().map(str::to_owned),
        }
    }

    /// True if the publisher of this case has packets.
    pub fn has_packets(&self) -> bool {
        self.publisher.1 == 2
    }

    /// True if `message` is said.
    pub fn says(&self, message: &str) -> bool {
        self.steps.iter().any(|step| step.name == message)
    }
}
