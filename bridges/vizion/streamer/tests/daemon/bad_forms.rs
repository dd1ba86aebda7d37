//! Every command with each of its parameters missing, of another type, out of range, and with one
//! more that nobody knows.

use serde_json::{Map, Value, json};
use vizion::control::Command;

use crate::support::{Daemon, EHDR, error, segment, unique_name};

/// What a parameter is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Number,
    Text,
}
use Kind::{Number, Text};

/// A command: good parameters, and which of them are what.
struct Form {
    command: &'static str,
    good: Value,
    required: &'static [(&'static str, Kind)],
    optional: &'static [(&'static str, Kind)],
}

fn form(
    command: &'static str,
    good: Value,
    required: &'static [(&'static str, Kind)],
    optional: &'static [(&'static str, Kind)],
) -> Form {
    Form {
        command,
        good,
        required,
        optional,
    }
}

/// The commands of VizionStreamer; those with the same parameters once.
fn forms(memory: &str) -> Vec<Form> {
    let value = [
        "set_brightness",
        "set_contrast",
        "set_saturation",
        "set_sharpness",
        "set_gamma",
        "set_gain",
        "set_ehdr_exposure_min",
        "set_ehdr_exposure_max",
        "set_ehdr_ratio_min",
        "set_ehdr_ratio_max",
    ];
    let good = |command| match command {
        "set_gamma" => "100",
        _ => "1",
    };
    let value = value.map(|one| {
        form(
            one,
            json!({ "value": good(one) }),
            &[("value", Number)],
            &[],
        )
    });
    let nothing = [
        "get_formats",
        "start_stream",
        "stop_stream",
        "get_status",
        "get_ehdr_status",
        "disable_shared_memory",
        "get_shared_memory_status",
    ];
    let mut all = Vec::from(value);
    all.extend(nothing.map(|one| form(one, json!({}), &[], &[])));
    all.extend([
        form(
            "set_format",
            json!({ "width": "640", "height": "480", "framerate": "30", "format": "NV12" }),
            &[
                ("width", Number),
                ("height", Number),
                ("framerate", Number),
                ("format", Text),
            ],
            &[],
        ),
        form(
            "set_pipeline",
            json!({ "pipeline": "" }),
            &[("pipeline", Text)],
            &[],
        ),
        form(
            "set_exposure",
            json!({ "mode": "manual", "value": "1" }),
            &[("mode", Text)],
            &[("value", Number)],
        ),
        form(
            "set_whitebalance",
            json!({ "mode": "manual", "temperature": "2800" }),
            &[("mode", Text)],
            &[("temperature", Number)],
        ),
        form(
            "set_ehdr_mode",
            json!({ "mode": "1" }),
            &[("mode", Number)],
            &[],
        ),
        form(
            "enable_shared_memory",
            json!({ "name": memory, "buffer_size": "1000000" }),
            &[],
            &[("name", Text), ("buffer_size", Number)],
        ),
    ]);
    all
}

impl Form {
    fn with(&self, name: &str, value: Value) -> Map<String, Value> {
        let mut params = self.good.as_object().cloned().expect("an object");
        params.insert(name.to_owned(), value);
        params
    }

    /// Bad parameters, and what is said about them.
    fn bad(&self) -> Vec<(Map<String, Value>, String)> {
        let mut all = Vec::new();
        for (name, _) in self.required {
            let mut without = self.with(name, Value::Null);
            let said = error(&format!("parameter '{name}' is missing"), "invalid");
            all.push((without.clone(), said.clone()));
            without.shift_remove(*name);
            all.push((without, said));
        }
        for (name, kind) in self.required.iter().chain(self.optional) {
            let (wanted, wrong) = match kind {
                Number => (
                    "a whole number",
                    json!([true, [], {}, 1.5, "many", "", "0x1"]),
                ),
                Text => ("text", json!([true, [], {}, 1.5, 7])),
            };
            for value in wrong.as_array().expect("values") {
                let said = format!("parameter '{name}' is not {wanted}: {value}");
                all.push((self.with(name, value.clone()), error(&said, "invalid")));
            }
            if *kind == Number {
                for value in [
                    json!("1e3"),
                    json!("9".repeat(39)),
                    json!("-99999999999999999999"),
                ] {
                    let said = match value == "1e3" {
                        true => error(
                            &format!("parameter '{name}' is not a whole number: {value}"),
                            "invalid",
                        ),
                        false => error(&out_of_range(name, &value), "out_of_range"),
                    };
                    all.push((self.with(name, value), said));
                }
            }
        }
        all
    }
}

fn out_of_range(name: &str, value: &Value) -> String {
    let text = value.to_string();
    let text = match text.len() > 40 {
        true => format!("{}...", &text[..40]),
        false => text,
    };
    format!("parameter '{name}' is out of range: {text}")
}

#[test]
fn every_parameter_missing_of_another_type_out_of_range_or_unknown() {
    let daemon = Daemon::start(EHDR);
    let name = unique_name();
    let forms = forms(&name);
    let documented = Command::ALL.into_iter().filter(|one| !one.is_extra());
    for command in documented.map(Command::name) {
        let count = forms.iter().filter(|one| one.command == command).count();
        assert_eq!(count, 1, "{command}");
    }
    let (status, controls) = (daemon.say("get_status", ""), daemon.say("get_controls", ""));
    let mut compared = 2;
    for form in &forms {
        for (params, said) in form.bad() {
            let params = Value::Object(params).to_string();
            assert_eq!(
                daemon.say(form.command, &params),
                said,
                "{} {params}",
                form.command
            );
            compared += 1;
        }
    }
    // None of that did anything.
    assert_eq!(daemon.say("get_status", ""), status);
    assert_eq!(daemon.say("get_controls", ""), controls);
    assert!(!segment(&name).exists());
    // And what nobody knows changes nothing.
    for form in &forms {
        let good = form.good.to_string();
        let more = Value::Object(form.with("colour", json!({ "red": [1] }))).to_string();
        daemon.stream("stop_stream");
        let answer = daemon.say(form.command, &good);
        if form.command == "start_stream" {
            daemon.stream("stop_stream");
        }
        assert_eq!(daemon.say(form.command, &more), answer, "{}", form.command);
        let good = answer.starts_with(r#"{"status":"success""#);
        assert!(good, "{}: {answer}", form.command);
    }
    assert!(compared > 225, "{compared}");
    daemon.tell("disable_shared_memory", "");
    daemon.end();
}
