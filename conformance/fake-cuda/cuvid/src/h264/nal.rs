//! NAL units of a byte stream (Annex B).

/// One NAL unit, its header byte included, without start code and trailing zeros.
#[derive(Clone, Copy)]
pub struct Nal<'a>(pub &'a [u8]);

impl Nal<'_> {
    pub fn kind(&self) -> u8 {
        self.0[0] & 0x1f
    }

    /// Whether other pictures refer to this one.
    pub fn is_reference(&self) -> bool {
        self.0[0] & 0x60 != 0
    }

    /// What follows the header byte, without emulation prevention.
    pub fn payload(&self) -> Vec<u8> {
        let mut zeros = 0;
        let mut payload = Vec::with_capacity(self.0.len());
        for &byte in &self.0[1..] {
            if zeros >= 2 && byte == 3 {
                zeros = 0;
                continue;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            payload.push(byte);
        }
        payload
    }
}

/// The NAL units between the start codes of a packet.
pub fn nals(stream: &[u8]) -> Vec<Nal<'_>> {
    let codes = stream
        .windows(3)
        .enumerate()
        .filter(|(_, window)| *window == [0, 0, 1]);
    let starts: Vec<usize> = codes.map(|(at, _)| at + 3).collect();
    let ends = starts
        .iter()
        .skip(1)
        .map(|start| start - 3)
        .chain([stream.len()]);
    let whole = starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| without_zeros(&stream[start..end]));
    whole.filter(|nal| !nal.is_empty()).map(Nal).collect()
}

fn without_zeros(nal: &[u8]) -> &[u8] {
    let end = nal
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1);
    &nal[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_end_where_the_next_one_begins() {
        let stream = [
            0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 0, 0, 3, 1, 0, 0, 1, 0x65, 9,
        ];
        let found: Vec<&[u8]> = nals(&stream).iter().map(|nal| nal.0).collect();
        assert_eq!(found, [&[0x67, 1, 2][..], &[0x68, 0, 0, 3, 1], &[0x65, 9]]);
        assert_eq!(nals(&stream)[1].payload(), [0, 0, 1]);
        assert!(nals(&[1, 2, 3]).is_empty(), "no start code");
        assert!(nals(&[0, 0, 1]).is_empty(), "nothing behind it");
    }
}
