//! Lines about what the library says.

use cuframes::{Error, Event};

/// Tells an error in a line; its sentence becomes one word.
pub fn tell_error(error: &Error) {
    let text = error.to_string().replace([' ', '\n'], "_");
    println!("ERROR code={:?} text={text}", error.code());
}

/// Tells an event of a subscription.
pub(super) fn tell_event(event: &Event) {
    match event {
        Event::Disconnected => println!("EVENT what=disconnected"),
        Event::Reattached { epoch } => println!("EVENT what=reattached epoch={epoch}"),
        Event::Reconfigured { epoch, layout } => println!(
            "EVENT what=reconfigured epoch={epoch} width={} height={}",
            layout.width, layout.height
        ),
        _ => println!("EVENT what=unknown"),
    }
}
