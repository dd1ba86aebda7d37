//! Contexts, and which of them is current in a thread.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::abi::{
    CONTEXT_IS_DESTROYED, CUresult, INVALID_CONTEXT, INVALID_DEVICE, OUT_OF_MEMORY, SUCCESS,
};
use crate::books::Kind;
use crate::device;
use crate::stream::Stream;
use crate::world::{Answer, fresh, gone, made, world};

/// A context.
pub struct Context {
    pub id: u64,
    pub device: i32,
    /// The error after which nothing works any more, which its streams see too.
    pub error: Arc<AtomicU32>,
    /// The default stream.
    pub default_stream: Arc<Stream>,
}

/// The contexts that were made current one after the other.
#[derive(Clone, Copy)]
struct Stack {
    ids: [u64; DEPTH],
    depth: usize,
}

const DEPTH: usize = 64;

thread_local! {
    // Without a destructor: programs call the driver from their exit handlers, which run after
    // the destructors of the main thread.
    static CURRENT: Cell<Stack> = const {
        Cell::new(Stack {
            ids: [0; DEPTH],
            depth: 0,
        })
    };
}

impl Context {
    /// Nothing in it works from now on.
    pub fn lose(&self, error: CUresult) {
        let _ = self
            .error
            .compare_exchange(SUCCESS, error, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The error after which nothing works any more, if there was one.
    pub fn check(&self) -> Answer {
        match self.error.load(Ordering::Relaxed) {
            SUCCESS => Ok(()),
            error => Err(error),
        }
    }
}

/// Makes a context of `device`.
pub fn create(device: i32) -> Answer<u64> {
    if !(0..device::count()).contains(&device) {
        return Err(INVALID_DEVICE);
    }
    let id = fresh();
    let error = Arc::new(AtomicU32::new(SUCCESS));
    let context = Context {
        id,
        device,
        default_stream: Stream::start(id, &error, true)?,
        error,
    };
    world().contexts.insert(id, Arc::new(context));
    made(Kind::Context);
    Ok(id)
}

/// Ends a context and everything in it, after its streams are done.
pub fn destroy(id: u64) -> Answer {
    let (context, streams) = {
        let mut world = world();
        let context = world.contexts.remove(&id).ok_or(INVALID_CONTEXT)?;
        let of_it = |stream: &Stream| stream.context == id;
        let (streams, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut world.streams)
            .into_iter()
            .partition(|(_, stream)| of_it(stream));
        world.streams = rest.into_iter().collect();
        let events = world.events.len();
        world.events.retain(|_, event| event.context != id);
        (0..events - world.events.len()).for_each(|_| gone(Kind::Event));
        let blocks = std::mem::take(&mut world.blocks);
        for (first, block) in blocks {
            match block.context == id {
                true => block.forget(),
                false => drop(world.blocks.insert(first, block)),
            }
        }
        (context, streams)
    };
    context.lose(CONTEXT_IS_DESTROYED);
    context.default_stream.stop();
    for (_, stream) in streams {
        stream.stop();
        gone(Kind::Stream);
    }
    gone(Kind::Context);
    Ok(())
}

/// Makes `id` current.
pub fn push(id: u64) -> Answer {
    find(id)?;
    let mut stack = CURRENT.get();
    *stack.ids.get_mut(stack.depth).ok_or(OUT_OF_MEMORY)? = id;
    stack.depth += 1;
    CURRENT.set(stack);
    Ok(())
}

/// Ends the current context's being so.
pub fn pop() -> Answer<u64> {
    let mut stack = CURRENT.get();
    stack.depth = stack.depth.checked_sub(1).ok_or(INVALID_CONTEXT)?;
    CURRENT.set(stack);
    Ok(stack.ids[stack.depth])
}

/// Puts `id` in the place of the current context; 0 for none.
pub fn set(id: u64) -> Answer {
    if id != 0 {
        find(id)?;
    }
    // Where there is none, there is nothing to end.
    let _ = pop();
    match id {
        0 => Ok(()),
        id => push(id),
    }
}

/// The current context; 0 if there is none.
pub fn current_id() -> u64 {
    let stack = CURRENT.get();
    match stack.depth {
        0 => 0,
        depth => stack.ids[depth - 1],
    }
}

/// The current context, which works.
pub fn current() -> Answer<Arc<Context>> {
    let context = find(current_id())?;
    context.check()?;
    Ok(context)
}

/// The context of a handle.
pub fn find(id: u64) -> Answer<Arc<Context>> {
    world().contexts.get(&id).cloned().ok_or(INVALID_CONTEXT)
}
