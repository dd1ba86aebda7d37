//! The commands about the camera's controls.

use serde_json::{Value, json};
use vizion::control::Answer;

use crate::camera::{Control, ControlFlags, ControlInfo};
use crate::streamer::{Applied, Code, Refusal, Setting, Streamer};

use super::params::number;
use super::{Call, Done};

pub fn set_exposure(streamer: &mut Streamer, call: &Call<'_>) -> Done {
    streamer.set_exposure(setting(call, "value")?)?;
    Ok(Answer::success("Exposure set successfully"))
}

pub fn set_white_balance(streamer: &mut Streamer, call: &Call<'_>) -> Done {
    streamer.set_white_balance(setting(call, "temperature")?)?;
    Ok(Answer::success("White balance set successfully"))
}

/// What the parameter `mode` says. With auto, the value is not looked at.
fn setting(call: &Call<'_>, value: &str) -> Result<Setting, Refusal> {
    match call.params.text("mode")? {
        "auto" => Ok(Setting::Auto),
        "manual" => Ok(Setting::Manual(call.params.number_if_any(value)?)),
        other => {
            let other: String = other.chars().take(40).collect();
            let what = format!("parameter 'mode' is '{other}'; use auto or manual");
            Err(Refusal::new(Code::Invalid, what))
        }
    }
}

/// Sets one control to a parameter. `name` is what the answer calls it.
pub fn set(
    streamer: &mut Streamer,
    call: &Call<'_>,
    parameter: &str,
    control: Control,
    name: &str,
) -> Done {
    streamer.set_control(control, call.params.number(parameter)?)?;
    Ok(Answer::success(&format!("{name} set successfully")))
}

pub fn ehdr(streamer: &mut Streamer) -> Done {
    let ehdr = streamer.ehdr()?;
    Ok(Answer::data()
        .with("ehdr_mode", ehdr.mode)
        .with("exposure_min", ehdr.exposure_min)
        .with("exposure_max", ehdr.exposure_max)
        .with("ratio_min", ehdr.ratio_min)
        .with("ratio_max", ehdr.ratio_max)
        .with("enabled", ehdr.mode == 0))
}

pub fn list(streamer: &mut Streamer) -> Done {
    let controls: Vec<Value> = streamer.controls()?.iter().map(described).collect();
    Ok(Answer::data().with("controls", controls))
}

pub fn get(streamer: &mut Streamer, call: &Call<'_>) -> Done {
    let control = known(call.params.text("name")?)?;
    let controls = streamer.controls()?;
    let info = controls.iter().find(|info| info.control == control);
    let info = info.ok_or_else(|| {
        let what = format!(
            "this camera has no control {}; get_controls lists those that it has",
            control.name()
        );
        Refusal::new(Code::Unsupported, what)
    })?;
    let described = described(info);
    let members = described.as_object().into_iter().flatten();
    Ok(members.fold(Answer::data(), |answer, (name, value)| {
        answer.with(name, value.clone())
    }))
}

/// Here each parameter is a control, so one that is not known is a mistake.
pub fn set_several(streamer: &mut Streamer, call: &Call<'_>) -> Done {
    let wanted = call.params.all();
    let wanted = wanted.map(|(name, value)| Ok((known(name)?, number(name, value)?)));
    let wanted: Vec<(Control, i64)> = wanted.collect::<Result<_, Refusal>>()?;
    if wanted.is_empty() {
        let what = "no control is named; give them as parameters with their values";
        return Err(Refusal::new(Code::Invalid, what));
    }
    let applied = streamer.set_controls(&wanted)?;
    Ok(with_values("Controls set successfully", &applied))
}

pub fn reset(streamer: &mut Streamer) -> Done {
    let applied = streamer.reset_controls()?;
    Ok(with_values("Controls reset successfully", &applied))
}

fn with_values(message: &str, applied: &[(Control, Applied)]) -> Answer {
    let values = applied.iter();
    let values =
        values.map(|(control, applied)| json!({ "name": control.name(), "value": applied.value }));
    Answer::success(message).with("controls", values.collect::<Vec<_>>())
}

fn known(name: &str) -> Result<Control, Refusal> {
    Control::of_name(name).ok_or_else(|| {
        let name: String = name.chars().take(40).collect();
        let what = format!("there is no control '{name}'; get_controls lists those that there are");
        Refusal::new(Code::Invalid, what)
    })
}

fn described(info: &ControlInfo) -> Value {
    json!({
        "name": info.control.name(),
        "min": info.min,
        "max": info.max,
        "step": info.step,
        "default": info.default,
        "value": info.value,
        "flags": flags(info.flags),
    })
}

fn flags(flags: ControlFlags) -> Vec<&'static str> {
    let all = [
        (flags.inactive, "inactive"),
        (flags.read_only, "read_only"),
        (flags.volatile, "volatile"),
    ];
    let set = all.into_iter().filter(|(is_set, _)| *is_set);
    set.map(|(_, name)| name).collect()
}
