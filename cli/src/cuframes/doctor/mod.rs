//! `cuframes doctor`.

mod diagnosis;
mod text;
mod trial;

use cuframes::cuda;
use program::output::{print, print_json};

use cuframes_cli::args::DoctorArguments;
use cuframes_cli::exit::Failure;

use diagnosis::Diagnosis;

/// Looks, tries and tells. Fails if something does not work that was asked for.
pub fn run(arguments: &DoctorArguments) -> Result<(), Failure> {
    let host = trial::host();
    let probed = cuda::probe_device(arguments.cuda_device);
    let mut diagnosis = Diagnosis::new(&probed, host);
    let joined = arguments.key.as_deref().map(|key| {
        let joined = trial::join(key, &arguments.trust.allow_uids);
        diagnosis.tell_key(key, &joined);
        joined
    });
    match arguments.json {
        true => print_json(&diagnosis)?,
        false => print(&text::of(&diagnosis))?,
    }
    let wanted = arguments.require.iter().map(ToString::to_string);
    let wanted = std::iter::once("host+cpu".to_owned()).chain(wanted);
    for name in wanted {
        if let Some(verdict) = diagnosis.failed(&name) {
            let reason = verdict.sentence();
            return Err(Failure::Unmet { name, reason });
        }
    }
    joined.unwrap_or(Ok(())).map_err(Failure::Library)
}
