//! Peers that are not to be trusted with a GPU: other users, and handles that lead nowhere:
//! `ci/fake-cuda.sh cargo test -p libcuframes --test hostile_cuda`.

mod common;

use common::actor::{self, Actor, NOBODY, assert_said};
use common::raw::{Page, Raw, hello};
use common::{WATCHDOG, key, publisher, shared, strict};
use cuframes::cuda::{Context, Driver, Memory, Stream, Sync};
use cuframes::wire::{Attached, ErrorCode, MAX_SLOTS, MessageType, capability, fds, page};
use cuframes::{FrameMeta, Mode, Publisher, Subscriber};
use zerocopy::IntoBytes;

/// Not a test: the children of the tests.
#[test]
fn actor() {
    actor::play();
}

/// A context on the first device, `None` where no GPU is simulated.
fn context() -> Option<Context> {
    if std::env::var_os("FAKE_CUDA_DIR").is_none() {
        common::tell_skipped("hostile_cuda", "no simulated GPU; ci/fake-cuda.sh runs it");
        return None;
    }
    let device = Driver::load().expect("a driver").device(0);
    Some(Context::primary(&device.expect("a device")).expect("a context"))
}

/// Publishes a frame on `stream`, and has `subscriber` read it.
fn pass(source: &mut Publisher, subscriber: &mut Subscriber, stream: &Stream) {
    let frame = source.acquire_on(stream.as_ref()).expect("a slot");
    let frame = frame.expect("nobody keeps the slots");
    let published = source.publish_on(frame, &FrameMeta::default(), stream.as_ref());
    let seq = published.expect("published").seq();
    let frame = subscriber.next(Some(WATCHDOG)).expect("a frame");
    assert_eq!(frame.seq(), seq);
    frame.wait_host(Some(WATCHDOG)).expect("complete");
}

/// Who imports memory of a GPU can write it: the mode of the socket does not decide about that.
#[test]
fn another_user_is_not_given_a_gpu_pool_unless_listed() {
    let _guard = shared();
    let Some(context) = context() else { return };
    if !rustix::process::geteuid().is_root() {
        common::tell_skipped("hostile_cuda", "becoming another user needs root");
        return;
    }
    for (allow, code, words) in [
        (&[][..], "PERMISSION", &["65534", "allow_uids"][..]),
        (&[1], "PERMISSION", &["65534", "allow_uids"]),
        // It is admitted, and has no driver to import it with.
        (&[NOBODY], "UNSUPPORTED", &["CUDA VMM", "import"]),
    ] {
        let key = key("gpu-of-another");
        let builder = publisher(&key).memory(Memory::CudaVmm).sync(Sync::Timeline);
        let builder = builder.cuda_context(&context).socket_mode(0o666);
        let source = builder.allow_uids(allow).build().expect("publisher");
        let mut actor = Actor::start("subscribe", &key, NOBODY, "0", "-");
        assert_said(&actor.says(), code, words);
        actor.end();
        drop(source);
    }
}

fn write_handles(page: &Page, byte: impl Fn(usize) -> u8) {
    for word in 0..MAX_SLOTS * 64 / 8 {
        let bytes = std::array::from_fn(|at| byte(word * 8 + at));
        page.write(page::ACK_EVENTS + word * 8, u64::from_le_bytes(bytes));
    }
}

/// The publisher opens the events of its subscribers. One that sends noise is told so and is
/// gone, and the others notice nothing.
#[test]
fn event_handles_that_lead_nowhere_are_refused_and_the_others_go_on() {
    let _guard = shared();
    let Some(context) = context() else { return };
    let key = key("noise");
    let builder = publisher(&key).memory(Memory::CudaVmm).sync(Sync::Event);
    let mut source = builder.cuda_context(&context).build().expect("publisher");
    let honest = strict(&key, "honest").cuda_context(&context).connect();
    let mut honest = honest.expect("joined");
    let stream = Stream::new(&context).expect("a stream");
    pass(&mut source, &mut honest, &stream);
    let noise = |at: usize| (at as u8).wrapping_mul(167) ^ 0x3C;
    let kinds: [(&str, &dyn Fn(usize) -> u8); 2] = [("noise", &noise), ("nothing", &|_| 0)];
    for (name, byte) in kinds {
        let raw = Raw::connect(&key);
        let mut request = hello(name, Mode::NewestOnly);
        request.capabilities = capability::FD_PASSING
            | capability::CUDA_VMM
            | capability::CUDA_EVENT
            | capability::NOTIFY;
        raw.say(MessageType::HelloRequest, request.as_bytes());
        let (response, descriptors) = raw.expect_welcome();
        let place = fds::position(response.fd_mask, fds::PAGE).expect("a page");
        let page = descriptors.into_iter().nth(place).expect("a page");
        write_handles(&Page::of(page), byte);
        let attached = Attached {
            index: response.index,
            capabilities: response.capabilities,
        };
        raw.say(MessageType::Attached, attached.as_bytes());
        let (code, text) = raw.expect_refusal();
        assert_eq!(code, ErrorCode::Cuda, "{name}: {text}");
        assert!(text.contains("cuIpcOpenEventHandle"), "{name}: {text}");
        pass(&mut source, &mut honest, &stream);
    }
    assert_eq!(source.stats().subscribers.len(), 1);
    assert_eq!(honest.stats().missed, 0);
}
