//! MD5, which both sides can compute, as the peers' command lines print it.

use md5::Digest;

/// The MD5 of bytes that come piece by piece.
#[derive(Clone, Default)]
pub struct Md5(md5::Md5);

impl Md5 {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The sum of everything, in hexadecimal digits.
    pub fn hex(self) -> String {
        let sum = self.0.finalize();
        sum.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The MD5 of `bytes`, in hexadecimal digits.
pub fn md5(bytes: &[u8]) -> String {
    let mut sum = Md5::default();
    sum.update(bytes);
    sum.hex()
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_md5() {
        assert_eq!(super::md5(b"abc"), "900150983cd24fb0d6963f7d28e17f72");
    }
}
