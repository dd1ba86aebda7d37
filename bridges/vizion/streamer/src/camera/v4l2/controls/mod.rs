//! Controls: which of a driver's is which of ours, and in which order they are set.

mod driver;
mod meaning;
#[cfg(test)]
mod tests;

use rustix::io::Errno;

use crate::camera::{CameraError, Control, ControlFlags, ControlInfo};

use v4l2::{ControlQuery, MenuQuery};

use driver::Driver;
use meaning::{Candidate, Meaning};

/// `V4L2_CTRL_FLAG_*`.
const DISABLED: u32 = 0x01;
const GRABBED: u32 = 0x02;
const READ_ONLY: u32 = 0x04;
const INACTIVE: u32 = 0x10;
const WRITE_ONLY: u32 = 0x40;
const VOLATILE: u32 = 0x80;
/// More choices than any menu has.
const MOST_CHOICES: i32 = 64;

/// A control that a driver has.
struct Found {
    meaning: Meaning,
    query: ControlQuery,
}

/// Those that `driver` has.
pub fn all(driver: &impl Driver) -> Result<Vec<ControlInfo>, CameraError> {
    let mut infos = Vec::new();
    for control in Control::ALL {
        if let Some(found) = find(driver, control, meaning::candidates(control))? {
            infos.push(info(driver, control, &found)?);
        }
    }
    Ok(infos)
}

/// Sets a control, after whatever would not let it have an effect, and reads it back.
pub fn set(driver: &impl Driver, control: Control, value: i64) -> Result<i64, CameraError> {
    let found = find(driver, control, meaning::candidates(control))?;
    let found = found.ok_or_else(|| CameraError::NoControl {
        camera: driver.camera(),
        control,
    })?;
    let (min, max) = found.meaning.range(&found.query);
    let in_range = Some(value).filter(|value| (min..=max).contains(value));
    let driver_value = in_range.and_then(|value| found.meaning.to_driver(value));
    let Some(driver_value) = driver_value else {
        return Err(CameraError::OutOfRange {
            control,
            value,
            min,
            max,
        });
    };
    if found.query.flags & READ_ONLY != 0 {
        return Err(CameraError::Unusable {
            camera: driver.camera(),
            what: format!("its {} can be read and not set", control.name()),
        });
    }
    if let Some(automatic) = meaning::automatic_of(control) {
        switch_off(driver, control, automatic)?;
    }
    write(driver, control, found.query.id, driver_value)?;
    let now = read(driver, control, found.query.id)?;
    Ok(found.meaning.of_driver(now))
}

/// Switches off what would choose a value by itself, if the camera has that and it is on.
fn switch_off(
    driver: &impl Driver,
    control: Control,
    automatic: Candidate,
) -> Result<(), CameraError> {
    let Some(found) = find(driver, control, &[automatic])? else {
        return Ok(());
    };
    let now = read(driver, control, found.query.id)?;
    match (found.meaning.of_driver(now), found.meaning.to_driver(0)) {
        (1, Some(off)) => write(driver, control, found.query.id, off),
        _ => Ok(()),
    }
}

/// The first of `candidates` that the driver has.
fn find(
    driver: &impl Driver,
    control: Control,
    candidates: &[Candidate],
) -> Result<Option<Found>, CameraError> {
    for &(id, kind) in candidates {
        let mut query = ControlQuery {
            id,
            ..ControlQuery::default()
        };
        match driver.query(&mut query) {
            Ok(()) if query.flags & DISABLED == 0 => {
                let meaning = Meaning::of(kind, &menu(driver, &query)?);
                if let Some(meaning) = meaning {
                    return Ok(Some(Found { meaning, query }));
                }
            }
            Ok(()) | Err(Errno::INVAL | Errno::NOTTY) => {}
            Err(errno) => return Err(driver.failed(&format!("query {}", control.name()), errno)),
        }
    }
    Ok(None)
}

/// The choices that a menu has; for anything else none.
fn menu(driver: &impl Driver, query: &ControlQuery) -> Result<Vec<i32>, CameraError> {
    const MENU: u32 = 3;
    let (first, last) = (query.minimum.max(0), query.maximum.min(MOST_CHOICES));
    let mut choices = Vec::new();
    if query.kind != MENU {
        return Ok(choices);
    }
    for choice in first..=last {
        let mut entry = MenuQuery {
            id: query.id,
            index: choice.cast_unsigned(),
            ..MenuQuery::default()
        };
        match driver.query_menu(&mut entry) {
            Ok(()) => choices.push(choice),
            Err(Errno::INVAL) => {}
            Err(errno) => return Err(driver.failed("VIDIOC_QUERYMENU", errno)),
        }
    }
    Ok(choices)
}

fn info(driver: &impl Driver, control: Control, found: &Found) -> Result<ControlInfo, CameraError> {
    let Found { meaning, query } = found;
    let (min, max) = meaning.range(query);
    let default = meaning.of_driver(query.default_value);
    let value = match query.flags & WRITE_ONLY {
        0 => meaning.of_driver(read(driver, control, query.id)?),
        _ => default,
    };
    Ok(ControlInfo {
        control,
        min,
        max,
        step: meaning.step(query),
        default,
        value,
        flags: ControlFlags {
            inactive: query.flags & INACTIVE != 0,
            read_only: query.flags & (READ_ONLY | GRABBED) != 0,
            volatile: query.flags & VOLATILE != 0,
        },
    })
}

fn read(driver: &impl Driver, control: Control, id: u32) -> Result<i32, CameraError> {
    let read = driver.read(id);
    read.map_err(|errno| driver.failed(&format!("read {}", control.name()), errno))
}

fn write(driver: &impl Driver, control: Control, id: u32, value: i32) -> Result<(), CameraError> {
    driver.write(id, value).map_err(|errno| match errno {
        Errno::BUSY => CameraError::Unusable {
            camera: driver.camera(),
            what: format!(
                "its {} cannot be set now; stop the stream, or set what governs it",
                control.name()
            ),
        },
        errno => driver.failed(&format!("set {} to {value}", control.name()), errno),
    })
}
