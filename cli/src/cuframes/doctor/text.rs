//! What was found, as people read it.

use program::output::table;

use super::diagnosis::{Device, Diagnosis, Verdict};

/// The whole of it.
pub fn of(diagnosis: &Diagnosis) -> String {
    let process = &diagnosis.process;
    let limits = &diagnosis.limits;
    let mut text = format!(
        "process     pid {}, PID namespace {}, IPC namespace {}, /dev/shm {}\n\
         limits      {} bytes of locked memory, {} descriptors, {} bytes free in /dev/shm\n\
         directory   {}\n\
         driver      {}\n",
        process.pid,
        or(process.pid_namespace, "unknown"),
        or(process.ipc_namespace, "unknown"),
        or(process.dev_shm, "missing"),
        or(limits.locked_memory, "any number of"),
        or(limits.descriptors, "any number of"),
        or(limits.dev_shm_free, "unknown"),
        or(diagnosis.run_dir.as_ref(), "none that can be used"),
        driver(diagnosis),
    );
    for device in &diagnosis.devices {
        text += &format!("device {}    {}\n", device.ordinal, describe(device));
    }
    let helper = or(diagnosis.ipc_helper.as_ref(), "not found");
    text += &format!("IPC helper  {helper}\n\n");
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut last = String::new();
    for verdict in &diagnosis.pairs {
        let about = about(verdict);
        let said = match about == last && verdict.reason.is_some() {
            true => "as above".to_owned(),
            false => about.clone(),
        };
        rows.push(row(verdict, said));
        last = about;
    }
    text += &table(&["MEMORY", "SYNC", "HERE", ""], &rows);
    if let Some(key) = &diagnosis.key {
        let verdict = or(key.reason.as_ref(), "can be read from here");
        text += &format!("\nkey {}: {verdict}\n", key.key);
    }
    text
}

fn driver(diagnosis: &Diagnosis) -> String {
    let driver = &diagnosis.driver;
    match (&driver.cuda, &driver.error) {
        (Some(version), _) if driver.missing_symbols.is_empty() => format!("CUDA {version}"),
        (Some(version), _) => {
            let symbols = driver.missing_symbols.join(", ");
            format!("CUDA {version}, without {symbols}")
        }
        (None, error) => or(error.as_ref(), "none"),
    }
}

fn describe(device: &Device) -> String {
    let has = |what: &str, there: Option<bool>| match there {
        Some(true) => what.to_owned(),
        Some(false) => format!("no {what}"),
        None => format!("{what} unknown"),
    };
    [
        device.name.clone(),
        device.uuid.clone(),
        format!("{} bytes", or(device.memory, "unknown")),
        format!(
            "compute {}",
            or(device.compute_capability.as_ref(), "unknown")
        ),
        has("MIG", device.mig),
        has("VMM", device.vmm),
        has("VMM descriptors", device.vmm_descriptors),
        has("IPC events", device.ipc_events),
        has(
            "64-bit stream memory operations",
            device.stream_memory_operations_64,
        ),
    ]
    .join(", ")
}

fn about(verdict: &Verdict) -> String {
    let needs = || format!("others need {}", verdict.needs.join(", "));
    verdict.sentence().unwrap_or_else(needs)
}

fn row(verdict: &Verdict, about: String) -> Vec<String> {
    let outcome = verdict.outcome.replace('_', " ");
    vec![
        verdict.memory.to_owned(),
        verdict.sync.to_owned(),
        outcome,
        about,
    ]
}

/// What is known, or what to say otherwise.
fn or(known: Option<impl ToString>, otherwise: &str) -> String {
    known.map_or_else(|| otherwise.to_owned(), |known| known.to_string())
}
