//! A look at the keys, and at what dead publishers left.

use cuframes::{Result, keys};

use cuframes_tests::helper::Options;

/// Tells every key, and what is garbage; with `collect=1` that is removed.
pub fn run(options: &Options) -> Result<()> {
    for entry in keys::list() {
        let pid = entry.publisher.map(|pid| pid.to_string());
        let pid = pid.unwrap_or_else(|| "none".to_owned());
        println!("KEY name={} pid={pid}", entry.key);
    }
    let dry_run = options.text("collect").is_none();
    for path in keys::collect_garbage(dry_run)? {
        println!("GARBAGE path={}", path.display());
    }
    println!("DONE");
    Ok(())
}
