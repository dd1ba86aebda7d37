//! Arguments of `publish` about encoded packets.

use clap::Args;

use super::values::Bytes;

/// What becomes of the packets of an INPUT.
#[derive(Debug, Args)]
pub struct PacketArguments {
    /// Publish no packets beside the frames of an INPUT.
    #[arg(long, conflicts_with_all = ["test_pattern", "packets_only", "enable_packet_ring", "packet_slots", "packet_bytes"])]
    pub no_packets: bool,
    /// Publish the packets of an INPUT and no frames: nothing is decoded. --frames counts packets
    /// then.
    #[arg(long, conflicts_with_all = ["test_pattern", "scale", "format", "fps", "slots", "threads", "hwaccel"])]
    pub packets_only: bool,
    /// Does nothing, as packets are published beside the frames unless --no-packets is given.
    #[arg(long, conflicts_with = "test_pattern")]
    pub enable_packet_ring: bool,
    /// Packets that the packet ring holds, 8 to 4096 [four seconds of them].
    #[arg(long, value_name = "N", conflicts_with = "test_pattern")]
    pub packet_slots: Option<u32>,
    /// Bytes that the packet ring holds, as 16M; the largest packet is a quarter of them [four
    /// seconds, 8M at least].
    #[arg(long, value_name = "SIZE", conflicts_with = "test_pattern")]
    pub packet_bytes: Option<Bytes>,
}

impl PacketArguments {
    /// Whether there is anything that says nothing without an INPUT.
    pub fn is_given(&self) -> bool {
        self.no_packets
            || self.packets_only
            || self.enable_packet_ring
            || self.packet_slots.is_some()
            || self.packet_bytes.is_some()
    }
}
