//! eHDR, which a camera forgets whenever a stream starts, and the daemon does not.

use serde_json::Value;

use crate::support::{Daemon, EHDR};

/// What the camera itself is set to: mode, and largest ratio.
fn of_camera(daemon: &Daemon) -> [Option<i64>; 2] {
    let answer = daemon.tell("get_controls", "");
    let controls = answer["controls"].as_array().expect("controls");
    let value = |name: &str| {
        let is_it = |one: &&Value| one["name"] == name;
        controls.iter().find(is_it)?["value"].as_i64()
    };
    [value("ehdr_mode"), value("ehdr_ratio_max")]
}

#[test]
fn it_is_set_again_at_every_start() {
    let daemon = Daemon::start(EHDR);
    let defaults = [Some(1), Some(24)];
    assert_eq!(of_camera(&daemon), defaults);
    // Nobody asked for anything: the camera keeps what it chooses.
    daemon.stream("start_stream");
    assert_eq!(of_camera(&daemon), defaults);
    daemon.stream("stop_stream");
    daemon.say("set_ehdr_mode", r#"{"mode":"0"}"#);
    daemon.say("set_ehdr_ratio_max", r#"{"value":"100"}"#);
    for _ in 0..3 {
        daemon.stream("start_stream");
        assert_eq!(of_camera(&daemon), [Some(0), Some(100)]);
        daemon.stream("stop_stream");
    }
}
