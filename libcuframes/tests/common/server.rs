//! A publisher that lies: whatever a case wants to change of an honest answer to HELLO.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixListener;

use cuframes::wire::packets::{PACKET_MAGIC, SLOTS as PACKET_SLOTS_AT};
use cuframes::wire::{
    CONTROL_SIZE, ConsumerName, ControlHeader, HelloResponse, MAGIC, Message, MessageType,
    PAGE_SIZE, PacketHeader, SubscriberSlot, capability, fds, frame_message, packet_request,
};
use cuframes::{Format, FrameLayout};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use zerocopy::{FromZeros, IntoBytes};

use super::raw::Raw;
use super::run_dir;

/// Slots of the offered ring.
pub const SLOTS: u32 = 4;
const EPOCH: u64 = 77;
/// The offered packet ring.
pub const PACKET_SLOTS: usize = 8;
pub const PACKET_BYTES: usize = 4096;
pub const PACKET_SEGMENT: usize = PACKET_SLOTS_AT + 64 * PACKET_SLOTS + PACKET_BYTES;

/// An answer to HELLO, honest until a case changes it.
pub struct Offer {
    /// The message.
    pub response: HelloResponse,
    /// What the control segment says.
    pub header: ControlHeader,
    /// What the page says.
    pub slot: SubscriberSlot,
    /// Bytes of the three memfds.
    pub control_size: usize,
    pub page_size: usize,
    pub pool_size: usize,
    /// Seals of page and pool.
    pub seals: SealFlags,
    /// Descriptors sent beyond those of the mask, or instead of one.
    pub extra_fds: usize,
    pub instead_of_pool: Option<OwnedFd>,
    /// Bytes sent in place of the message.
    pub instead: Option<Vec<u8>>,
    /// The packet segment, for who asks for packets.
    pub packets: Option<PacketOffer>,
}

/// A packet segment, honest until a case changes it.
pub struct PacketOffer {
    pub header: PacketHeader,
    pub size: usize,
    pub seals: SealFlags,
}

impl Offer {
    /// Everything as it should be.
    pub fn honest() -> Offer {
        let layout = FrameLayout::new(Format::R8, 64, 48).expect("possible");
        let pool_size = layout.frame_size.next_multiple_of(4096) * u64::from(SLOTS);
        let geometry = layout.host_geometry(SLOTS, pool_size, EPOCH);
        let name = ConsumerName::new("victim").expect("valid");
        let seals = SealFlags::SHRINK | SealFlags::GROW;
        Offer {
            response: HelloResponse {
                magic: MAGIC,
                version: 1,
                index: 3,
                capabilities: capability::FD_PASSING | capability::HOST | capability::NOTIFY,
                epoch: EPOCH,
                fd_mask: fds::CONTROL | fds::PAGE | fds::POOL | fds::NOTIFY,
                memory_kind: 3,
                max_leases: 2,
                pool_size,
                ..HelloResponse::new_zeroed()
            },
            header: ControlHeader::new(&geometry),
            slot: SubscriberSlot::new(EPOCH, 3, &name, 0),
            control_size: CONTROL_SIZE,
            page_size: PAGE_SIZE,
            pool_size: pool_size as usize,
            seals,
            extra_fds: 0,
            instead_of_pool: None,
            instead: None,
            packets: None,
        }
    }

    /// Packets and frames, all as it should be; nothing has been published.
    pub fn with_packets() -> Offer {
        let mut offer = Offer::honest();
        offer.response.version = 2;
        offer.response.fd_mask |= fds::PACKETS;
        offer.response.packet_flags = packet_request::ALL;
        offer.response.packet_slot_count = PACKET_SLOTS as u32;
        offer.response.packet_data_size = PACKET_BYTES as u64;
        offer.response.packet_epoch = EPOCH;
        offer.header.proto_version = 2;
        offer.packets = Some(PacketOffer {
            header: PacketHeader {
                magic: PACKET_MAGIC,
                version: 2,
                slot_count: PACKET_SLOTS as u32,
                data_size: PACKET_BYTES as u64,
                state: 1,
                epoch: EPOCH,
                ..PacketHeader::new_zeroed()
            },
            size: PACKET_SEGMENT,
            seals: sealed(),
        });
        offer
    }
}

/// A socket of a key at which nobody listens but the test.
pub struct Server {
    listener: UnixListener,
}

/// The server's end of a subscription: its connection and its control segment.
pub struct Served {
    pub raw: Raw,
    pub control: File,
    pub packets: Option<File>,
}

impl Served {
    /// Writes into the control segment.
    pub fn write(&self, offset: usize, bytes: &[u8]) {
        self.control
            .write_all_at(bytes, offset as u64)
            .expect("control");
    }

    /// Writes into the packet segment.
    pub fn write_packets(&self, offset: usize, bytes: &[u8]) {
        let packets = self.packets.as_ref().expect("packets");
        packets.write_all_at(bytes, offset as u64).expect("packets");
    }
}

impl Server {
    pub fn listen(key: &str) -> Server {
        let path = run_dir().join(format!("{key}.sock"));
        let listener = UnixListener::bind(path).expect("bind");
        Server { listener }
    }

    /// The next connection, on which nothing is said yet.
    pub fn accept(&self) -> Raw {
        let (stream, _) = self.listener.accept().expect("accept");
        Raw::new(stream)
    }

    /// Answers the HELLO of the next connection with `offer`.
    pub fn serve(&self, offer: Offer) -> Served {
        let raw = self.accept();
        match raw.hear() {
            Some((Message::HelloRequest(_), _)) => {}
            other => panic!("expected HELLO_REQ, got {other:?}"),
        }
        let control = memfd(offer.control_size, offer.header.as_bytes(), sealed());
        let page = memfd(offer.page_size, offer.slot.as_bytes(), offer.seals);
        let pool = memfd(offer.pool_size, &[], offer.seals);
        let pool = offer.instead_of_pool.unwrap_or_else(|| pool.into());
        let (notify, _theirs) = std::os::unix::net::UnixStream::pair().expect("pair");
        let mut list: Vec<BorrowedFd<'_>> = vec![control.as_fd(), page.as_fd(), pool.as_fd()];
        let packets = offer
            .packets
            .map(|packets| memfd(packets.size, packets.header.as_bytes(), packets.seals));
        list.extend(packets.as_ref().map(|packets| packets.as_fd()));
        list.push(notify.as_fd());
        list.extend((0..offer.extra_fds).map(|_| notify.as_fd()));
        let message = frame_message(MessageType::HelloResponse, 0, offer.response.as_bytes());
        match offer.instead {
            Some(bytes) => raw.say_bytes(&bytes),
            None => raw.say_with_fds(&message, &list),
        }
        Served {
            raw,
            control,
            packets,
        }
    }
}

/// Seals without which nobody maps a memfd.
pub fn sealed() -> SealFlags {
    SealFlags::SHRINK | SealFlags::GROW
}

/// A memfd of `size` bytes that begins with `content`.
pub fn memfd(size: usize, content: &[u8], seals: SealFlags) -> File {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create("cuframes-test", flags).expect("memfd");
    ftruncate(&fd, size as u64).expect("size");
    let file = File::from(fd);
    let there = content.len().min(size);
    file.write_all_at(&content[..there], 0).expect("content");
    fcntl_add_seals(&file, seals).expect("seals");
    file
}
