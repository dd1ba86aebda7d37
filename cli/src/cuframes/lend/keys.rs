//! Keys as streams that are lent.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use cuframes::{Mode, Subscriber};
use cuframes_cli::args::LendArguments;
use frame_lending::buffers::BufferKind;
use frame_lending::engine::{Source, SourceError, Subscription};
use frame_lending::real_time::RealTime;

use super::lent::Lent;
use super::memory::Memories;
use super::view::View;
use super::why::why;

/// The keys of a command.
pub struct Keys {
    keys: Vec<String>,
    allow_uids: Vec<u32>,
    cuda: bool,
    /// Every frame is copied into a DMA-BUF.
    copies: bool,
    memories: Memories,
    clock: Arc<RealTime>,
}

impl Keys {
    pub fn new(keys: Vec<String>, arguments: &LendArguments, memories: Memories) -> Keys {
        Keys {
            keys,
            allow_uids: arguments.trust.allow_uids.clone(),
            cuda: arguments.cuda,
            copies: arguments.buffers != BufferKind::Memfd,
            memories,
            clock: Arc::new(RealTime::new()),
        }
    }
}

impl Source<Lent> for Keys {
    fn streams(&self) -> Vec<String> {
        self.keys.clone()
    }

    fn subscribe(&self, key: &str) -> Result<Box<dyn Subscription<Lent>>, SourceError> {
        let builder = Subscriber::builder(key)
            .mode(Mode::NewestOnly)
            .allow_uids(&self.allow_uids)
            .keep_descriptor()
            // The engine asks again by itself.
            .connect_timeout(Some(Duration::ZERO));
        let builder = match self.cuda {
            true => builder.cuda(),
            false => builder,
        };
        let subscriber = builder.connect().map_err(|error| why(key, &error))?;
        let (memories, clock) = (self.memories.clone(), Arc::clone(&self.clock));
        Ok(Box::new(View::new(
            subscriber,
            self.copies,
            memories,
            clock,
        )))
    }
}
