//! What the engine tells as it happens, for people on standard error and for the gateway.

use cuframes_cli::terminal::say;
use frame_lending::engine::{Lending, Observer};
use frame_lending::gateway::Gateway;
use frame_lending::message::DetectionMessage;

use super::account::shown;

/// Whom the engine tells.
pub struct Events {
    pub gateway: Option<Gateway>,
    pub is_quiet: bool,
}

impl Observer for Events {
    fn returned(&self, message: &DetectionMessage, is_late: bool) {
        if let Some(gateway) = &self.gateway {
            gateway.returned(message, is_late);
        }
    }

    /// That of the key is said when its first frame is lent to anybody; who gets less is said here.
    fn lending(&self, consumer: &str, key: &str, lending: Lending) {
        if lending == Lending::CopiedWithoutHello && !self.is_quiet {
            let consumer = shown(consumer);
            say(&format!(
                "{key}: copied for {consumer}, which did not say hello"
            ));
        }
    }
}
